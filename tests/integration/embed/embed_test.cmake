# Installs the built house into a prefix of its own, builds the project there against nothing else, and runs it.
file(REMOVE_RECURSE ${WORK}/prefix ${WORK}/build)
set(sanitize)
if(FLAGS)
  set(sanitize -D CMAKE_CXX_FLAGS=-fsanitize=${FLAGS})
endif()
execute_process(COMMAND ${CMAKE_COMMAND} --install ${PHALAROPE_BUILD} --prefix ${WORK}/prefix
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${PROJECT} -B ${WORK}/build -G ${GENERATOR}
                        -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_PREFIX_PATH=${WORK}/prefix ${sanitize}
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/build/embed COMMAND_ERROR_IS_FATAL ANY)
