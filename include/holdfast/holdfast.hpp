#pragma once

/// Everything a user of the library needs. Each header stands alone.

#include <holdfast/batch.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/error.hpp>
#include <holdfast/kv.hpp>
#include <holdfast/kv_cursor.hpp>
#include <holdfast/kv_export.hpp>
#include <holdfast/kv_import.hpp>
#include <holdfast/kv_snapshot.hpp>
#include <holdfast/log.hpp>
#include <holdfast/log_reader.hpp>
#include <holdfast/log_transaction.hpp>
#include <holdfast/log_view.hpp>
#include <holdfast/options.hpp>
#include <holdfast/region.hpp>
#include <holdfast/report.hpp>
#include <holdfast/sharded_data.hpp>
#include <holdfast/sharded_log.hpp>
#include <holdfast/storage.hpp>
#include <holdfast/store.hpp>
#include <holdfast/ticket.hpp>
