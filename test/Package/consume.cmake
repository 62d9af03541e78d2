# Run by the test package.consumer, see CMakeLists.txt.
macro(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output
    ERROR_VARIABLE errors)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nexit status ${status}\n${output}${errors}")
  endif()
endmacro()

file(REMOVE_RECURSE ${FOLDER}/prefix)
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${FOLDER}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE}/consumer -B ${FOLDER}/build -G ${GENERATOR}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${FOLDER}/prefix)
run(${CMAKE_COMMAND} --build ${FOLDER}/build)

run(${FOLDER}/build/plan-consumer)
if(NOT output STREQUAL "peak 70 -> 60\n")
  message(FATAL_ERROR "plan-consumer printed: ${output}")
endif()
if(NOT PLANNING_ONLY)
  run(${FOLDER}/build/consumer ${SOURCE}/step.mlir 90%)
  string(FIND "${output}" "remat.recompute" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "consumer printed a program without remat.recompute: ${output}")
  endif()
endif()
