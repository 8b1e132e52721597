# Installs the built house into a prefix of its own, builds the nodes there against nothing else, and tries them: with
# the package, with the compiler alone, and with the installed program and its installed nodes.
file(REMOVE_RECURSE ${WORK}/prefix ${WORK}/build)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${PHALAROPE_BUILD} --prefix ${WORK}/prefix
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${PROJECT} -B ${WORK}/build -G ${GENERATOR} -D CMAKE_C_COMPILER=${C_COMPILER}
                        -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_PREFIX_PATH=${WORK}/prefix
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
file(GLOB libraries ${WORK}/prefix/lib*/libphalarope-node.a ${WORK}/prefix/lib*/*/libphalarope-node.a)
execute_process(COMMAND ${C_COMPILER} -std=c11 -I${WORK}/prefix/include ${PROJECT}/clock_node.c ${libraries}
                        -o ${WORK}/build/clock_node_by_hand COMMAND_ERROR_IS_FATAL ANY)
set(phalarope ${WORK}/prefix/bin/phalarope)
foreach(node clock_node clock_node_cpp clock_node_by_hand)
  execute_process(COMMAND ${phalarope} node test --script ${PROJECT}/script.yaml ${WORK}/build/${node}
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()
execute_process(COMMAND ${phalarope} node test --ask hello echo_node COMMAND_ERROR_IS_FATAL ANY)
