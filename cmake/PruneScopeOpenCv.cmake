# SPDX-License-Identifier: GPL-3.0-or-later
# OpenCV's core and imgproc as imported targets. Debian ships OpenCVConfig.cmake only in libopencv-dev, which brings 200 packages for
# modules that are not used here (docs/decisions.md).
find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
find_library(OPENCV_CORE_LIBRARY opencv_core)
find_library(OPENCV_IMGPROC_LIBRARY opencv_imgproc)
if(NOT OPENCV_INCLUDE_DIR OR NOT OPENCV_CORE_LIBRARY OR NOT OPENCV_IMGPROC_LIBRARY)
  message(FATAL_ERROR "OpenCV not found: install libopencv-core-dev and libopencv-imgproc-dev")
endif()
foreach(_module core imgproc)
  if(NOT TARGET opencv_${_module})
    string(TOUPPER ${_module} _upper)
    add_library(opencv_${_module} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(opencv_${_module} PROPERTIES IMPORTED_LOCATION "${OPENCV_${_upper}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${OPENCV_INCLUDE_DIR}")
  endif()
endforeach()
set_property(TARGET opencv_imgproc PROPERTY INTERFACE_LINK_LIBRARIES opencv_core)
