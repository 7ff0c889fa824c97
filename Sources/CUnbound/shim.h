// shim.h — libunbound for Swift.
#pragma once
#include <unbound.h>
