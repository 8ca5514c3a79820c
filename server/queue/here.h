// What was held for recipients of this server (RFC 4865) and is due: the intake delivers it, as though it came now.
#pragma once

#include <asio/awaitable.hpp>
#include <vector>

#include "protocols/services/directory.h"
#include "protocols/services/intake.h"
#include "protocols/smtp/client.h"
#include "storage/queue.h"
#include "storage/store.h"

namespace server::queue {

// A message by where its recipients are.
struct HeldMessage {
    storage::QueueMessage here;
    std::vector<storage::Result<services::Recipient>> found;  // those here, as the directory knows them now
    storage::QueueMessage elsewhere;
};
asio::awaitable<HeldMessage> divide_held(services::Directory& directory, storage::QueueMessage message);

// One outcome for each recipient here.
asio::awaitable<std::vector<smtp::Outcome>> deliver_here(storage::Store& store, services::Intake& intake,
                                                         const HeldMessage& held);

}  // namespace server::queue
