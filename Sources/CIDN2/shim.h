// shim.h — libidn2 for Swift.
#pragma once
#include <idn2.h>
