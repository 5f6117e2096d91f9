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

# The desktop's side: entry, AppStream metainfo, file type, icon, man pages, completion of the shells.
set(_id org.prunescope.PruneScope)
install(FILES "${CMAKE_SOURCE_DIR}/resources/${_id}.desktop" DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
install(FILES "${CMAKE_SOURCE_DIR}/resources/${_id}.metainfo.xml" DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
install(FILES "${CMAKE_SOURCE_DIR}/resources/${_id}.xml" DESTINATION ${CMAKE_INSTALL_DATADIR}/mime/packages)
install(FILES "${CMAKE_SOURCE_DIR}/resources/prunescope.svg" DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps RENAME ${_id}.svg)
install(FILES "${CMAKE_SOURCE_DIR}/resources/man/prunescope.1" "${CMAKE_SOURCE_DIR}/resources/man/prunescope-cli.1" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
foreach(_program prunescope prunescope-cli)   # bash loads the file that is called like the program
  install(FILES "${CMAKE_SOURCE_DIR}/resources/completions/prunescope.bash" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${_program})
endforeach()
install(FILES "${CMAKE_SOURCE_DIR}/resources/completions/_prunescope" DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
