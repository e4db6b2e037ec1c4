#include "place/shares.h"

#include <gtest/gtest.h>
