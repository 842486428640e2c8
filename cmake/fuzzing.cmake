# Each tests/fuzz/NAME_fuzzer.cc is always compiled: with libFuzzer in the fuzz preset, else with a
# small driver which replays the checked-in corpus tests/fuzz/corpus/NAME, so that no input which once
# broke something can break it again unnoticed.
function(spyhop_fuzzers)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzzer.cc)
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "_fuzzer$" "" stem ${name})
    set(corpus ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${stem})
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ${ARGN} spyhop_warnings)
    if(SPYHOP_FUZZ)
      target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/libelf_leak.cc)
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
      add_test(NAME ${name} COMMAND ${name} -runs=0 ${corpus})
    else()
      target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cc)
      add_test(NAME ${name} COMMAND ${name} ${corpus})
    endif()
    set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 60
      ENVIRONMENT "${SPYHOP_SANITIZER_ENV}")
  endforeach()
endfunction()
