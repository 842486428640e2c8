# How tests are found: by their names, so that adding a test is adding a file.
find_package(GTest REQUIRED)
# The system's own, not a version manager's shim, which picks one by folder.
find_program(SPYHOP_TEST_PYTHON python3 REQUIRED PATHS /usr/bin NO_DEFAULT_PATH)

# spyhop_unit_tests(FOLDER libs...): tests/unit/FOLDER/**/*_test.cc -> binary and ctest unit_FOLDER.
function(spyhop_unit_tests folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/${folder}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  set(name unit_${folder})
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE spyhop_fakes ${ARGN} spyhop_warnings GTest::gmock_main)
  target_compile_definitions(${name} PRIVATE SPYHOP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  # Instrumented code is some ten times slower.
  set(seconds 60)
  if(SPYHOP_SANITIZE)
    set(seconds 600)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT ${seconds}
    ENVIRONMENT "${SPYHOP_SANITIZER_ENV}")
endfunction()

# spyhop_python_tests(FOLDER): tests/FOLDER/test_*.py -> one ctest each, told where the binary is.
# test_timing_* and test_cost_* measure: they run alone, and not in instrumented builds.
function(spyhop_python_tests folder)
  file(GLOB scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/test_*.py)
  if(NOT TARGET spyhop)
    return()
  endif()
  foreach(script IN LISTS scripts)
    get_filename_component(stem ${script} NAME_WE)
    set(alone FALSE)
    if(stem MATCHES "^test_(timing|cost)_")
      set(alone TRUE)
      if(SPYHOP_SANITIZE)
        continue()
      endif()
    endif()
    # Without stops the sampler shares the target's CPU: what else runs there may leave it no sample.
    # And where others want that CPU, native stacks are hardly read, and a thread that queues is met at
    # one line again and again, which tells a comparison less.
    if(stem MATCHES "^test_(churn$|diff$|native)")
      set(alone TRUE)
    endif()
    set(name ${folder}_${stem})
    add_test(NAME ${name} COMMAND ${SPYHOP_TEST_PYTHON} -B ${script})
    set_tests_properties(${name} PROPERTIES LABELS ${folder} TIMEOUT 1800 RUN_SERIAL ${alone}
      ENVIRONMENT "SPYHOP_BIN=$<TARGET_FILE:spyhop>;SPYHOP_SANITIZE=${SPYHOP_SANITIZE};${SPYHOP_SANITIZER_ENV}")
  endforeach()
endfunction()

# tests/unit/**/test_*.py -> one ctest each: for the tools and generators which are Python.
function(spyhop_python_unit_tests)
  file(GLOB_RECURSE scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/test_*.py)
  foreach(script IN LISTS scripts)
    cmake_path(RELATIVE_PATH script BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/tests OUTPUT_VARIABLE name)
    string(REGEX REPLACE "[/.]" "_" name ${name})
    add_test(NAME ${name} COMMAND ${SPYHOP_TEST_PYTHON} -B ${script})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 60)
  endforeach()
endfunction()
