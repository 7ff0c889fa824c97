// shim.h — libcurl for Swift: the header, and typed inline functions for its variadic ones.
#pragma once
#include <curl/curl.h>
