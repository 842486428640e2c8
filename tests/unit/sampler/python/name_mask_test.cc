#include "sampler/python/name_mask.h"

#include "gtest/gtest.h"

namespace spyhop {
namespace {

TEST(NameMask, CoversTheUsualSecretsInAnyCase) {
  const NameMask mask(NameMask::UsualSecrets());
  for (const char* name : {"password", "DB_PASSWORD", "userPasswd", "client_secret", "x-auth-token",
                           "API_KEY", "Authorization", "aws_credentials", "Set-Cookie"}) {
    EXPECT_TRUE(mask.Covers(name)) << name;
  }
  for (const char* name : {"", "user", "pass_count", "key", "author"}) {
    EXPECT_FALSE(mask.Covers(name)) << name;
  }
}

TEST(NameMask, TakesGlobsOfTheWholeName) {
  const NameMask mask({"card_*", "pin"});
  EXPECT_TRUE(mask.Covers("Card_Number"));
  EXPECT_TRUE(mask.Covers("PIN"));
  EXPECT_FALSE(mask.Covers("spinning"));
}

}  // namespace
}  // namespace spyhop
