# SPDX-License-Identifier: GPL-3.0-or-later
# LibTorch from the unpacked PyPI wheel as imported targets; find_package(Torch) is not used (docs/decisions.md).
# Input: PRUNESCOPE_TORCH_ROOT, the folder `torch` of the wheel. Output: prunescope::torch_cpu (and prunescope::torch_cuda).
set(PRUNESCOPE_TORCH_ROOT "" CACHE PATH "Folder 'torch' of the unpacked wheel torch==2.11.0")
set(PRUNESCOPE_CUDA_LIBDIR "" CACHE PATH "Folder with libcupti.so.13 and libcudart.so.13 (empty: the wheels beside torch, then the CUDA toolkit)")

if(NOT PRUNESCOPE_TORCH_ROOT)
  set(_cache "$ENV{XDG_CACHE_HOME}")
  if(NOT _cache)
    set(_cache "$ENV{HOME}/.cache")
  endif()
  set(PRUNESCOPE_TORCH_ROOT "${_cache}/prunescope/torch-2.11.0/torch" CACHE PATH "" FORCE)
endif()
if(NOT EXISTS "${PRUNESCOPE_TORCH_ROOT}/version.py")
  message(FATAL_ERROR "LibTorch not found in '${PRUNESCOPE_TORCH_ROOT}': run ./run --build once, or set PRUNESCOPE_TORCH_ROOT")
endif()
file(STRINGS "${PRUNESCOPE_TORCH_ROOT}/version.py" _torch_version REGEX "^__version__")
if(NOT _torch_version MATCHES "2\\.11\\.0")
  message(FATAL_ERROR "torch 2.11.0 is needed, '${PRUNESCOPE_TORCH_ROOT}' holds: ${_torch_version}")
endif()

if(NOT PRUNESCOPE_CUDA_LIBDIR)
  foreach(_dir "${PRUNESCOPE_TORCH_ROOT}/../nvidia/cu13/lib" "$ENV{CUDA_HOME}/lib64" "/usr/local/cuda/lib64")
    if(EXISTS "${_dir}/libcupti.so.13" AND EXISTS "${_dir}/libcudart.so.13")
      get_filename_component(_dir "${_dir}" REALPATH)
      set(PRUNESCOPE_CUDA_LIBDIR "${_dir}" CACHE PATH "" FORCE)
      break()
    endif()
  endforeach()
endif()
if(NOT PRUNESCOPE_CUDA_LIBDIR)
  message(FATAL_ERROR "libcupti.so.13 and libcudart.so.13 not found: install the wheels nvidia-cuda-cupti==13.0.85 and nvidia-cuda-runtime==13.0.96 beside torch")
endif()

function(prunescope_torch_lib name file)
  add_library(prunescope::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(prunescope::${name} PROPERTIES
    IMPORTED_LOCATION "${PRUNESCOPE_TORCH_ROOT}/lib/${file}"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${PRUNESCOPE_TORCH_ROOT}/include;${PRUNESCOPE_TORCH_ROOT}/include/torch/csrc/api/include"
    INTERFACE_INCLUDE_DIRECTORIES "${PRUNESCOPE_TORCH_ROOT}/include;${PRUNESCOPE_TORCH_ROOT}/include/torch/csrc/api/include")
endfunction()
prunescope_torch_lib(c10 libc10.so)
prunescope_torch_lib(torch_cpu libtorch_cpu.so)
target_link_libraries(prunescope::torch_cpu INTERFACE prunescope::c10)
target_compile_definitions(prunescope::torch_cpu INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
# DT_RPATH (not RUNPATH): it also serves the libraries that LibTorch itself needs.
target_link_options(prunescope::torch_cpu INTERFACE "LINKER:--disable-new-dtags"
  "LINKER:-rpath,${PRUNESCOPE_TORCH_ROOT}/lib" "LINKER:-rpath,${PRUNESCOPE_CUDA_LIBDIR}" "LINKER:-rpath-link,${PRUNESCOPE_CUDA_LIBDIR}")
if(EXISTS "${PRUNESCOPE_TORCH_ROOT}/lib/libtorch_cuda.so" AND EXISTS "${PRUNESCOPE_TORCH_ROOT}/lib/libc10_cuda.so")
  set(PRUNESCOPE_TORCH_HAS_CUDA ON)
else()
  set(PRUNESCOPE_TORCH_HAS_CUDA OFF)
endif()
