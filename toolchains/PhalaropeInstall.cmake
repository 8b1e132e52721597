# cmake --install: what an embedder and a board get.
#
#   include/phalarope/core/...      the same headers that the program uses: #include "core/engine/base/event.hpp"
#   include/phalarope/schemas/      the generated FlatBuffers headers
#   lib/                            libphalarope.a, libphalarope-hal.a
#   include/phalarope_node.h, .hpp, phalarope_node_layout.h, lib/libphalarope-node.a     the node SDK, C and C++
#   lib/phalarope/nodes/            nodes that are programs of their own
#   lib/cmake/Phalarope/            find_package(Phalarope [COMPONENTS hal])
#   lib/cmake/PhalaropeNode/        find_package(PhalaropeNode): the node SDK alone, which needs nothing else
#   bin/phalarope                   the program
#   share/phalarope/                board profiles, configuration, schemas
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(PHALAROPE_INCLUDE_DIR ${CMAKE_INSTALL_INCLUDEDIR}/phalarope)
set(PHALAROPE_SHARE_DIR ${CMAKE_INSTALL_DATADIR}/phalarope)
set(PHALAROPE_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Phalarope)

install(TARGETS phalarope_core phalarope_schemas EXPORT PhalaropeTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT PhalaropeTargets NAMESPACE Phalarope:: DESTINATION ${PHALAROPE_CONFIG_DIR})
install(DIRECTORY core DESTINATION ${PHALAROPE_INCLUDE_DIR} FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY ${PHALAROPE_GENERATED_DIR}/ DESTINATION ${PHALAROPE_INCLUDE_DIR}/schemas
        FILES_MATCHING PATTERN "*_generated.h")
install(DIRECTORY schemas DESTINATION ${PHALAROPE_SHARE_DIR} COMPONENT runtime
        FILES_MATCHING PATTERN "*.fbs" PATTERN "*.json" PATTERN "baseline" EXCLUDE)
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(PHALAROPE_HAL)
  install(TARGETS phalarope_node EXPORT PhalaropeNodeTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT PhalaropeNodeTargets NAMESPACE Phalarope:: FILE PhalaropeNodeConfig.cmake
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/PhalaropeNode)
  install(FILES hal/external/sdk/phalarope_node.h hal/external/sdk/phalarope_node.hpp
                hal/external/sdk/phalarope_node_layout.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(TARGETS echo_node espeak_node RUNTIME DESTINATION lib/phalarope/nodes COMPONENT runtime)
  install(TARGETS phalarope_hal EXPORT PhalaropeHalTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT PhalaropeHalTargets NAMESPACE Phalarope:: DESTINATION ${PHALAROPE_CONFIG_DIR})
  install(DIRECTORY hal DESTINATION ${PHALAROPE_INCLUDE_DIR} FILES_MATCHING PATTERN "*.hpp" PATTERN "phalarope_node_layout.h")
  if(TARGET phalarope_cli)
    install(TARGETS phalarope_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  endif()
  install(DIRECTORY boards DESTINATION ${PHALAROPE_SHARE_DIR} FILES_MATCHING PATTERN "*.yaml")
  install(DIRECTORY firmware_images/conf DESTINATION ${PHALAROPE_SHARE_DIR} FILES_MATCHING PATTERN "*.yaml" PATTERN "*.csv")
endif()

configure_package_config_file(toolchains/PhalaropeConfig.cmake.in ${PROJECT_BINARY_DIR}/PhalaropeConfig.cmake
                              INSTALL_DESTINATION ${PHALAROPE_CONFIG_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/PhalaropeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/PhalaropeConfig.cmake ${PROJECT_BINARY_DIR}/PhalaropeConfigVersion.cmake
        DESTINATION ${PHALAROPE_CONFIG_DIR})
