# SPDX-License-Identifier: GPL-3.0-or-later
# `cmake --install BUILD [--prefix DIR]`: the two programs, the bundled model and scenes, the licence. LibTorch stays in the user's cache
# folder; the installed programs point there by RPATH.
include(GNUInstallDirs)
foreach(_program prunescope prunescope-cli)
  if(TARGET ${_program})
    set_target_properties(${_program} PROPERTIES INSTALL_RPATH "${PRUNESCOPE_TORCH_ROOT}/lib;${PRUNESCOPE_CUDA_LIBDIR}")
    install(TARGETS ${_program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()
install(DIRECTORY "${CMAKE_SOURCE_DIR}/sample_data" DESTINATION ${CMAKE_INSTALL_DATADIR}/prunescope)
install(FILES "${CMAKE_SOURCE_DIR}/LICENSE" "${CMAKE_SOURCE_DIR}/README.md" DESTINATION ${CMAKE_INSTALL_DOCDIR})
