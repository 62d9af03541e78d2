# Installs the tools, the plugin, and the CMake package Remat with the targets
# Remat::Planning and, in a build with MLIR, Remat::Analysis, Remat::Dialect,
# Remat::Transforms and Remat::Conversion. test/Package builds a project against it.
include(CMakePackageConfigHelpers)

set(remat_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Remat)
foreach(room Planning Analysis Dialect Transforms Conversion)
  if(TARGET Remat${room})
    set_target_properties(Remat${room} PROPERTIES EXPORT_NAME ${room})
    install(TARGETS Remat${room} EXPORT RematTargets
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endforeach()
foreach(tool remat-plan remat-opt remat-run RematPlugin)
  if(TARGET ${tool})
    install(TARGETS ${tool} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endforeach()

# The planner alone offers no headers of the IR side.
set(not_planning)
if(REMAT_PLANNING_ONLY)
  set(not_planning PATTERN Analysis EXCLUDE PATTERN Dialect EXCLUDE
    PATTERN Conversion EXCLUDE)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/remat DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td" ${not_planning})
install(DIRECTORY ${PROJECT_BINARY_DIR}/include/remat DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  OPTIONAL FILES_MATCHING PATTERN "*.h.inc")

install(EXPORT RematTargets NAMESPACE Remat:: DESTINATION ${remat_package_folder})
configure_package_config_file(lib/RematConfig.cmake.in ${PROJECT_BINARY_DIR}/RematConfig.cmake
  INSTALL_DESTINATION ${remat_package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/RematConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/RematConfig.cmake ${PROJECT_BINARY_DIR}/RematConfigVersion.cmake
  DESTINATION ${remat_package_folder})
