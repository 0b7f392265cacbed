// How often a random test is repeated. Sanitizers see what they look for in a quarter of them; that
// replies and states are right is seen in the release build.
#pragma once

namespace base_test {

template <class Count>
[[nodiscard]] constexpr Count rounds(Count usual) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
  constexpr bool kIsSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
  constexpr bool kIsSanitized = false;
#endif
  return kIsSanitized ? (usual + 3) / 4 : usual;
}

}  // namespace base_test
