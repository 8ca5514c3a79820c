// Creates incoming messages; incoming_message.cpp does the work.
#include "server/delivery/intake/intake.h"

#include "server/delivery/intake/incoming_message.h"

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
    return std::make_unique<IncomingMessage>(house, options_.get(), std::move(envelope), clock_());
}

}  // namespace server::delivery
