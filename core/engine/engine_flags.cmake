# SPDX-License-Identifier: GPL-3.0-or-later
# Flags of single files of core/engine. cpu_team.cpp borrows LibTorch's OpenMP pool: -fopenmp there and the one libgomp that LibTorch itself
# loads (DT_RPATH puts its folder first). The kernel files are always compiled with optimisation, for the instruction set they name.
set_source_files_properties("${CMAKE_SOURCE_DIR}/core/engine/cpu_team.cpp" PROPERTIES COMPILE_OPTIONS -fopenmp SKIP_PRECOMPILE_HEADERS ON)
target_link_libraries(prunescope_engine PUBLIC gomp)
foreach(_file cpu_kernels cpu_kernels_avx2 cpu_kernels_avx512)
  set_source_files_properties("${CMAKE_SOURCE_DIR}/core/engine/${_file}.cpp" PROPERTIES
    COMPILE_OPTIONS "-O3;-ffp-contract=fast;-fno-math-errno" SKIP_PRECOMPILE_HEADERS ON)
endforeach()
option(PRUNESCOPE_TORCH_CUDA "Link LibTorch's CUDA part, so that the engine can run on a GPU" OFF)
if(PRUNESCOPE_TORCH_CUDA)
  if(NOT PRUNESCOPE_TORCH_HAS_CUDA)
    message(FATAL_ERROR "PRUNESCOPE_TORCH_CUDA needs libtorch_cuda.so and libc10_cuda.so in '${PRUNESCOPE_TORCH_ROOT}/lib'")
  endif()
  prunescope_torch_lib(c10_cuda libc10_cuda.so)
  prunescope_torch_lib(torch_cuda libtorch_cuda.so)
  target_link_libraries(prunescope_engine PUBLIC "LINKER:--no-as-needed" prunescope::c10_cuda prunescope::torch_cuda "LINKER:--unresolved-symbols=ignore-in-shared-libs")
endif()
target_compile_definitions(prunescope_engine PRIVATE PRUNESCOPE_TORCH_CUDA=$<BOOL:${PRUNESCOPE_TORCH_CUDA}>)
target_compile_definitions(prunescope_engine PRIVATE AT_PER_OPERATOR_HEADERS=1)
