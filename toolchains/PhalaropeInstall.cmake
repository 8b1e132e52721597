# cmake --install: what an embedder and a board get.
#
#   include/phalarope/core/...      the same headers that the program uses: #include "core/engine/base/event.hpp"
#   include/phalarope/schemas/      the generated FlatBuffers headers
#   lib/                            libphalarope.a, libphalarope-hal.a
#   lib/cmake/Phalarope/            find_package(Phalarope [COMPONENTS hal])
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
install(DIRECTORY schemas DESTINATION ${PHALAROPE_SHARE_DIR}
        FILES_MATCHING PATTERN "*.fbs" PATTERN "*.json" PATTERN "baseline" EXCLUDE)
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(PHALAROPE_HAL)
  install(TARGETS phalarope_hal EXPORT PhalaropeHalTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT PhalaropeHalTargets NAMESPACE Phalarope:: DESTINATION ${PHALAROPE_CONFIG_DIR})
  install(DIRECTORY hal DESTINATION ${PHALAROPE_INCLUDE_DIR} FILES_MATCHING PATTERN "*.hpp")
  if(TARGET phalarope_cli)
    install(TARGETS phalarope_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
  install(DIRECTORY boards DESTINATION ${PHALAROPE_SHARE_DIR} FILES_MATCHING PATTERN "*.yaml")
  install(DIRECTORY firmware_images/conf DESTINATION ${PHALAROPE_SHARE_DIR} FILES_MATCHING PATTERN "*.yaml")
endif()

configure_package_config_file(toolchains/PhalaropeConfig.cmake.in ${PROJECT_BINARY_DIR}/PhalaropeConfig.cmake
                              INSTALL_DESTINATION ${PHALAROPE_CONFIG_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/PhalaropeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/PhalaropeConfig.cmake ${PROJECT_BINARY_DIR}/PhalaropeConfigVersion.cmake
        DESTINATION ${PHALAROPE_CONFIG_DIR})
