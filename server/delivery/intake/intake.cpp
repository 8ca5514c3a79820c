// Creates incoming messages; incoming_message.cpp does the work.
#include "server/delivery/intake/intake.h"

#include "server/delivery/intake/incoming_message.h"
#include "server/delivery/intake/split_message.h"
#include "server/delivery/intake/to_list.h"

namespace server::delivery {

Intake::Intake(storage::Store& store, services::Directory& directory, services::EventLog& log, IntakeOptions options,
               Clock clock, Sources sources)
    : store_(store), directory_(directory), log_(log), clock_(std::move(clock)), sources_(std::move(sources)) {
    configure(std::move(options));
}

Intake::~Intake() = default;

void Intake::configure(IntakeOptions options) {
    options_.set(std::make_shared<const IntakeOptions>(std::move(options)));
}

std::uint64_t Intake::max_message_octets() const { return options_.get()->message_octets; }

std::unique_ptr<services::IncomingMessage> Intake::begin(services::IntakeEnvelope envelope) {
    const IntakeServices house{store_, directory_, log_, sources_};
    const std::shared_ptr<const IntakeOptions> options = options_.get();
    const std::int64_t now = clock_();
    const auto tell = [house, options, now, original = envelope](std::string list, storage::Refusal refusal) {
        return tell_of_refusal(house, options, original, now, std::move(list), std::move(refusal));
    };
    if (envelope.release_at > now) leave_to_queue(envelope);
    std::vector<SplitMessage::Part> parts;
    for (ListPart& part : parts_of(std::move(envelope))) {
        parts.push_back(
            {std::make_unique<IncomingMessage>(house, options, std::move(part.envelope), now, part.list), part.list});
    }
    if (parts.size() == 1) return std::move(parts.front().message);
    return std::make_unique<SplitMessage>(std::move(parts), tell);
}

std::shared_ptr<services::Inquiry> Intake::inquire(const services::IntakeEnvelope& envelope,
                                                   const asio::any_io_executor& executor) {
    return begin_inquiry(sources_, *options_.get(), envelope, clock_(), executor);
}

}  // namespace server::delivery
