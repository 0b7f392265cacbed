# Batches: several files compiled as one. What the files of a folder include is then parsed once for all of them, and what
# they instantiate is compiled once: half of the time (docs/decisions/batches.md).
#
# Files of a batch share what they name in their unnamed namespaces: a second meaning of a name is an error. The remedy is a
# better name, or a line in this list of patterns: files that are compiled alone.
set(quorate_alone ^base/sha256 ^engine/scripts/ ^persistence/log_note ^persistence/sqlite_open
  ^node/clients/commands/slowlog "^tests/raft/(known_bugs|membership|own_removal|wishes)_test"
  ^tests/engine/long_packed_test "^tests/node/service_(eviction|sentinel|session)_test" ^tests/sim/event_watch
  ^tests/sim/door_story_test)

# quorate_batches(RESULT NAME FILE...): sets RESULT to the files to be compiled instead of FILEs: batches, each of which
# includes some of them, and those that are compiled alone because of their names or because they have options of their own.
# Invariant: a file's batch is decided by its name, so that a new file changes one batch and the compiler's cache serves
# the others; and a batch names no folder of this machine, so that the cache serves it in any.
function(quorate_batches result name)
  set(compiled)
  set(together)
  list(JOIN quorate_alone "|" alone)
  foreach(file ${ARGN})
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE path)
    get_source_file_property(options ${file} COMPILE_OPTIONS)
    get_source_file_property(definitions ${file} COMPILE_DEFINITIONS)
    if(path MATCHES "${alone}" OR options OR definitions)
      list(APPEND compiled ${file})
    else()
      list(APPEND together ${path})
    endif()
  endforeach()

  # A power of two, so that it seldom changes, and all batches with it: five to ten files each, more or less.
  list(LENGTH together files)
  set(batches 1)
  while(files GREATER 10)
    math(EXPR batches "${batches} * 2")
    math(EXPR files "${files} / 2")
  endwhile()

  foreach(path ${together})
    string(MD5 digest ${path})
    string(SUBSTRING ${digest} 0 4 digits)
    math(EXPR batch "0x${digits} % ${batches}")
    string(APPEND includes_${batch} "#include \"${path}\"\n")
  endforeach()
  math(EXPR last "${batches} - 1")
  foreach(batch RANGE ${last})
    if(includes_${batch})
      set(file ${CMAKE_BINARY_DIR}/batches/${name}_${batch}.cpp)
      file(CONFIGURE OUTPUT ${file} CONTENT "${includes_${batch}}" @ONLY)
      list(APPEND compiled ${file})
    endif()
  endforeach()
  set(${result} ${compiled} PARENT_SCOPE)
endfunction()
