#pragma once

/// Everything a user of the library needs. Each header stands alone.

#include <holdfast/batch.hpp>
#include <holdfast/error.hpp>
#include <holdfast/kv.hpp>
#include <holdfast/log.hpp>
#include <holdfast/options.hpp>
#include <holdfast/region.hpp>
#include <holdfast/report.hpp>
#include <holdfast/storage.hpp>
#include <holdfast/store.hpp>
#include <holdfast/ticket.hpp>
