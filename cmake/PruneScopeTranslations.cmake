# SPDX-License-Identifier: GPL-3.0-or-later
# Compiles resources/translations/*.ts into a source file with all of them built in: ${PRUNESCOPE_TRANSLATIONS_SOURCE}.
find_program(PRUNESCOPE_LRELEASE NAMES lrelease lrelease6 lrelease-qt6 HINTS /usr/lib/qt6/bin "${QT6_INSTALL_PREFIX}/${QT6_INSTALL_BINS}")
find_program(PRUNESCOPE_LUPDATE NAMES lupdate lupdate6 lupdate-qt6 HINTS /usr/lib/qt6/bin "${QT6_INSTALL_PREFIX}/${QT6_INSTALL_BINS}")
if(NOT PRUNESCOPE_LRELEASE OR NOT PRUNESCOPE_LUPDATE)
  message(FATAL_ERROR "Qt's lrelease and lupdate not found: install qt6-l10n-tools, or set PRUNESCOPE_BUILD_UI=OFF")
endif()
file(GLOB _ts CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/resources/translations/*.ts")
set(_folder "${CMAKE_BINARY_DIR}/translations")
file(MAKE_DIRECTORY "${_folder}")
set(_qm "")
set(_entries "")
foreach(_file ${_ts})
  get_filename_component(_name "${_file}" NAME_WE)
  add_custom_command(OUTPUT "${_folder}/${_name}.qm" COMMAND "${PRUNESCOPE_LRELEASE}" -silent -nounfinished "${_file}" -qm "${_folder}/${_name}.qm"
    DEPENDS "${_file}" COMMENT "Translation ${_name}" VERBATIM)
  list(APPEND _qm "${_folder}/${_name}.qm")
  string(APPEND _entries "<file>${_name}.qm</file>")
endforeach()
file(CONFIGURE OUTPUT "${_folder}/translations.qrc" CONTENT "<RCC><qresource prefix=\"/translations\">${_entries}</qresource></RCC>\n" @ONLY)
set(PRUNESCOPE_TRANSLATIONS_SOURCE "${_folder}/translations_resource.cpp")
add_custom_command(OUTPUT "${PRUNESCOPE_TRANSLATIONS_SOURCE}" COMMAND Qt6::rcc --name translations -o "${PRUNESCOPE_TRANSLATIONS_SOURCE}" "${_folder}/translations.qrc"
  DEPENDS ${_qm} "${_folder}/translations.qrc" COMMENT "Built-in translations" VERBATIM)
set_source_files_properties("${PRUNESCOPE_TRANSLATIONS_SOURCE}" PROPERTIES SKIP_AUTOMOC ON COMPILE_OPTIONS "-w")
