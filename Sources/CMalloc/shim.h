// shim.h — glibc's malloc for Swift: the header, which the module Glibc leaves out.
#pragma once
#include <malloc.h>
