#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace dayan::adapters {

/// POSIX access lists as the kernel takes them: the value of the attributes system.posix_acl_access and
/// system.posix_acl_default (linux/posix_acl_xattr.h). They let in two users by name, or one twice, and nobody else:
/// neither the owner's group nor the world.
struct AccessList {
  unsigned bits = 7;  ///< read 4, write 2, execute or enter 1: of the owner and of those named
  uid_t first = 0;
  uid_t second = 0;

  [[nodiscard]] std::string encode() const;
};

inline constexpr const char* access_attribute = "system.posix_acl_access";
/// Of a folder: what all that is made in it begins with.
inline constexpr const char* default_attribute = "system.posix_acl_default";

/// Does an encoded list name this user?
[[nodiscard]] bool names_user(const std::string& encoded, uid_t user);

}  // namespace dayan::adapters
