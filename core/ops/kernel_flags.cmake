# SPDX-License-Identifier: GPL-3.0-or-later
# One translation unit per CPU level of core/ops; the rest of the program stays at the baseline and asks the CPU at run time.
# The kernel files are always compiled with optimisation, so that no library inline function is emitted for a newer CPU.
set(_kernel_options -O3 -ffp-contract=fast -fno-math-errno)
set_source_files_properties("${CMAKE_SOURCE_DIR}/core/ops/kernels_base.cpp" PROPERTIES COMPILE_OPTIONS "${_kernel_options}")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set_source_files_properties("${CMAKE_SOURCE_DIR}/core/ops/kernels_avx2.cpp" PROPERTIES COMPILE_OPTIONS "${_kernel_options};-mavx2;-mfma")
  set_source_files_properties("${CMAKE_SOURCE_DIR}/core/ops/kernels_avx512.cpp" PROPERTIES
    COMPILE_OPTIONS "${_kernel_options};-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx2;-mfma;-mprefer-vector-width=512")
  target_compile_definitions(prunescope_ops PRIVATE PRUNESCOPE_X86_KERNELS=1)
endif()
