#include "adapters/slurm/job_users.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/files.h"
#include "adapters/processes/real_processes.h"
#include "adapters/slurm/access_list.h"

namespace dayan::adapters {
namespace {

class JobUsersTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "dayan-users-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
    folder_ = base_ + "/work";
    ASSERT_TRUE(make_folder(folder_, 0700).has_value());
    ASSERT_TRUE(make_folder(folder_ + "/deep", 0755).has_value());
    ASSERT_TRUE(write_file(folder_ + "/deep/run.sh", "#!/bin/sh\n", 0755).has_value());
    ASSERT_TRUE(write_file(folder_ + "/input", "data", 0644).has_value());
  }
  void TearDown() override { remove_tree(base_); }
  static unsigned mode_of(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777;
  }

  RealProcesses processes_;
  JobUsers users_{processes_};
  std::string base_;
  std::string folder_;
};

// Shows the bytes of an access list, written down by hand from linux/posix_acl_xattr.h.
TEST(AccessListTest, HasTheKernelsBytes) {
  const std::string wanted(
      "\x02\0\0\0"                    // version 2
      "\x01\0\x07\0\xff\xff\xff\xff"  // user::rwx
      "\x02\0\x07\0\xe8\x03\0\0"      // user:1000:rwx
      "\x02\0\x07\0\xe9\x03\0\0"      // user:1001:rwx
      "\x04\0\0\0\xff\xff\xff\xff"    // group::---
      "\x10\0\x07\0\xff\xff\xff\xff"  // mask::rwx
      "\x20\0\0\0\xff\xff\xff\xff",   // other::---
      52);
  EXPECT_EQ((AccessList{7, 1001, 1000}.encode()), wanted);
  EXPECT_TRUE(names_user(wanted, 1000));
  EXPECT_FALSE(names_user(wanted, 1002));
  EXPECT_EQ((AccessList{6, 1000, 1000}.encode().size()), 44U);
}

// Shows that a given folder and all in it is closed to group and world, and that giving it again touches nothing: it
// is the user's then, who may have made a link of any name in it.
TEST_F(JobUsersTest, GivesAFolderOnce) {
  const auto given = users_.give(folder_, "nobody");
  ASSERT_TRUE(given.has_value()) << to_text(given.error());
  for (const char* path : {"", "/deep", "/deep/run.sh", "/input"}) {
    EXPECT_EQ(mode_of(folder_ + path) & 0007, 0U) << path;
    if (::geteuid() == 0) {
      EXPECT_EQ(mode_of(folder_ + path) & 0070, 0U) << path;
    }
  }
  EXPECT_EQ(mode_of(folder_ + "/deep/run.sh") & 0700, 0700U);
  EXPECT_EQ(mode_of(folder_ + "/input") & 0700, 0600U);
  ASSERT_EQ(::symlink("/etc/passwd", (folder_ + "/link").c_str()), 0);
  EXPECT_TRUE(users_.give(folder_, "nobody").has_value());
  EXPECT_EQ(mode_of("/etc/passwd"), 0644U);
}

// Shows that nothing is given that the agent has not laid there: neither a link nor a second name of another file.
TEST_F(JobUsersTest, GivesNothingElseAway) {
  ASSERT_TRUE(write_file(base_ + "/secret", "key").has_value());
  ASSERT_EQ(::symlink((base_ + "/secret").c_str(), (folder_ + "/link").c_str()), 0);
  EXPECT_FALSE(users_.give(folder_, "nobody").has_value());
  ASSERT_EQ(::unlink((folder_ + "/link").c_str()), 0);
  ASSERT_EQ(::link((base_ + "/secret").c_str(), (folder_ + "/second").c_str()), 0);
  EXPECT_FALSE(users_.give(folder_, "nobody").has_value());
  struct stat info {};
  ASSERT_EQ(::stat((base_ + "/secret").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, ::geteuid());
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

// Shows that a try that was interrupted half-way is taken up again.
TEST_F(JobUsersTest, GoesOnAfterAnInterruption) {
  ASSERT_TRUE(users_.give(folder_ + "/deep", "nobody").has_value());
  EXPECT_TRUE(users_.give(folder_, "nobody").has_value());
}

// Shows that the agent's own user needs nothing, and that what is not to be had is told with its field.
TEST_F(JobUsersTest, ChecksUsers) {
  const passwd* own = ::getpwuid(::geteuid());
  ASSERT_NE(own, nullptr);
  EXPECT_TRUE(users_.prefix("").empty());
  EXPECT_TRUE(users_.prefix(own->pw_name).empty());
  EXPECT_EQ(users_.check("", folder_).has_value(), ::geteuid() != 0);
  EXPECT_TRUE(users_.give(folder_, own->pw_name).has_value());
  EXPECT_EQ(mode_of(folder_ + "/input"), 0644U);
  const auto unknown = users_.check("dayan-nobody-at-all", folder_);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().field, "user");
  EXPECT_NE(unknown.error().wrong.find("no local user"), std::string::npos);
  EXPECT_EQ(users_.check("-u", folder_).error().code, ErrorCode::invalid);
  EXPECT_EQ(users_.check("root", folder_).error().field, "user");
}

// Shows what may be the name of a user on a command line.
TEST(UserNameTest, TakesNoOptions) {
  for (const char* name : {"alice", "_www", "bob.smith", "svc-dayan", "eve@site.cn", "A1"})
    EXPECT_TRUE(is_user_name(name));
  for (const char* name : {"", "-u", "1000", "a b", "a\nb", "a,b", "a/b", "a:b", "#0"})
    EXPECT_FALSE(is_user_name(name));
}

}  // namespace
}  // namespace dayan::adapters
