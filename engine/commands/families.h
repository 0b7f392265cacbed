// The families of commands that read or change the state: each is the rows at the end of one file
// here. A command of a family that is there is added by its row alone; a new file is named here and
// in families.cpp.
#pragma once

#include <span>

#include "engine/command/row.h"

namespace engine::commands {

extern const Family kBitfieldFamily;
extern const Family kBitmapsFamily;
extern const Family kDumpFamily;
extern const Family kExpireFamily;
extern const Family kGenericFamily;
extern const Family kGeoFamily;
extern const Family kGeoSearchFamily;
extern const Family kHashTimesFamily;
extern const Family kHashesFamily;
extern const Family kHashesReadFamily;
extern const Family kHyperloglogsFamily;
extern const Family kKeyspaceReadFamily;
extern const Family kLcsFamily;
extern const Family kListsFamily;
extern const Family kListsReadFamily;
extern const Family kFunctionsFamily;
extern const Family kScriptsFamily;
extern const Family kServerFamily;
extern const Family kSetsFamily;
extern const Family kSetsAlgebraFamily;
extern const Family kSortFamily;
extern const Family kSortedSetsFamily;
extern const Family kSortedSetsAlgebraFamily;
extern const Family kSortedSetsPopFamily;
extern const Family kSortedSetsRangeFamily;
extern const Family kStreamsClaimsFamily;
extern const Family kStreamsFamily;
extern const Family kStreamsGroupsFamily;
extern const Family kStreamsInfoFamily;
extern const Family kStreamsReadFamily;
extern const Family kStringsFamily;
extern const Family kStringsSetFamily;

// All of them.
[[nodiscard]] std::span<const Family* const> families();

}  // namespace engine::commands
