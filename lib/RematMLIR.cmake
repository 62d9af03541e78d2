# remat_mlir_library(NAME [LIBS...]): what every library on top of MLIR shares.
#
# Links the two dylibs and no static LLVM or MLIR library: a mixture gives two
# copies of one TypeID, and casts that fail at run time.
function(remat_mlir_library name)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_include_directories(${name} SYSTEM PUBLIC
    $<BUILD_INTERFACE:${MLIR_INCLUDE_DIRS}>
    $<BUILD_INTERFACE:${LLVM_INCLUDE_DIRS}>)
  target_link_libraries(${name} PUBLIC ${ARGN} MLIR LLVM)
endfunction()
