# One target per room. A room's link list is the list of rooms it may include (tests/layers_test.cpp has the same one).
#
#   dayan_room(NAME SOURCES a.cpp … DEPS base model … LIBS third-party … TESTS a_test.cpp …)
#
# makes the library dayan_NAME and, with TESTS, the program NAME_test registered with ctest.

find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)

# Warnings and the options that make both compilers give the same numbers.
add_library(dayan_options INTERFACE)
target_compile_options(dayan_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  -ffp-contract=off -fno-fast-math -fstack-protector-strong)
# g++ 12 at -O3 reports false -Wrestrict on sums of strings (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(dayan_options INTERFACE -Wno-restrict)
endif()
# libstdc++ 12's own stable_sort uses a function that clang knows to be deprecated.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(dayan_options INTERFACE -Wno-deprecated-declarations)
endif()
target_compile_definitions(dayan_options INTERFACE BOOST_ALLOW_DEPRECATED_HEADERS)
target_include_directories(dayan_options INTERFACE ${PROJECT_SOURCE_DIR}/src)

function(dayan_room NAME)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPS;LIBS;TESTS" ${ARGN})
  add_library(dayan_${NAME} STATIC ${ROOM_SOURCES})
  target_link_libraries(dayan_${NAME} PUBLIC dayan_options)
  foreach(DEP ${ROOM_DEPS})
    target_link_libraries(dayan_${NAME} PUBLIC dayan_${DEP})
  endforeach()
  target_link_libraries(dayan_${NAME} PUBLIC ${ROOM_LIBS})
  if(ROOM_TESTS)
    dayan_test(${NAME}_test SOURCES ${ROOM_TESTS} DEPS ${NAME})
  endif()
endfunction()

# dayan_test(NAME SOURCES … DEPS rooms … [LOCK resource]): one GoogleTest program, one ctest entry.
function(dayan_test NAME)
  cmake_parse_arguments(TEST "" "LOCK" "SOURCES;DEPS;ARGS" ${ARGN})
  add_executable(${NAME} ${TEST_SOURCES})
  foreach(DEP ${TEST_DEPS})
    target_link_libraries(${NAME} PRIVATE dayan_${DEP})
  endforeach()
  target_link_libraries(${NAME} PRIVATE dayan_options GTest::gtest GTest::gtest_main)
  add_test(NAME ${NAME} COMMAND ${NAME} ${TEST_ARGS})
  set_tests_properties(${NAME} PROPERTIES TIMEOUT 300)
  if(TEST_LOCK)
    set_tests_properties(${NAME} PROPERTIES RESOURCE_LOCK ${TEST_LOCK})
  endif()
endfunction()

# dayan_fuzz(NAME SOURCES … DEPS …): a libFuzzer program, built only with -DDAYAN_FUZZ=ON.
function(dayan_fuzz NAME)
  if(NOT DAYAN_FUZZ)
    return()
  endif()
  cmake_parse_arguments(FUZZ "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${NAME} ${FUZZ_SOURCES})
  foreach(DEP ${FUZZ_DEPS})
    target_link_libraries(${NAME} PRIVATE dayan_${DEP})
  endforeach()
  target_link_libraries(${NAME} PRIVATE dayan_options)
  target_link_options(${NAME} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${NAME})
endfunction()
