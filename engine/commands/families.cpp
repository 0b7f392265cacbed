#include "engine/commands/families.h"

namespace engine::commands {
namespace {

constexpr const Family* kFamilies[] = {&kBitfieldFamily,
                                       &kBitmapsFamily,
                                       &kDumpFamily,
                                       &kExpireFamily,
                                       &kGenericFamily,
                                       &kGeoFamily,
                                       &kGeoSearchFamily,
                                       &kHashTimesFamily,
                                       &kHashesFamily,
                                       &kHashesReadFamily,
                                       &kHyperloglogsFamily,
                                       &kKeyspaceReadFamily,
                                       &kLcsFamily,
                                       &kListsFamily,
                                       &kListsReadFamily,
                                       &kFunctionsFamily,
                                       &kScriptsFamily,
                                       &kServerFamily,
                                       &kSetsFamily,
                                       &kSetsAlgebraFamily,
                                       &kSortFamily,
                                       &kSortedSetsFamily,
                                       &kSortedSetsAlgebraFamily,
                                       &kSortedSetsPopFamily,
                                       &kSortedSetsRangeFamily,
                                       &kStreamsClaimsFamily,
                                       &kStreamsFamily,
                                       &kStreamsGroupsFamily,
                                       &kStreamsInfoFamily,
                                       &kStreamsReadFamily,
                                       &kStringsFamily,
                                       &kStringsSetFamily};

}  // namespace

std::span<const Family* const> families() { return kFamilies; }

}  // namespace engine::commands
