// Whether this person may read a recording with this program, and how much of it.
//
//   no policy                           the owner of the files reads them as they are
//   /etc/phalarope/replay-access.json   every command that opens a recording asks first (evidence.md 1A.1), and each
//   or PHALAROPE_REPLAY_ACCESS_POLICY   answer is in the audit before it is given; text is then masked, sound left out
//
// The policy is JSON: tenant_id, and where they differ from the contract's allowed_roles, allowed_purposes,
// allowed_fidelities. Who asks says so by PHALAROPE_REPLAY_ACCESS_TENANT_ID, _PRINCIPAL_ID, _ROLE, _PURPOSE, _FIDELITY
// (L0) and _CLASSES (with commas). A policy is no lock: whoever owns the files can read them by other means; it makes
// reading with the house's tools accountable. One thread. Contract: evidence.md 1A.1, 1A.2.
#pragma once

#include <expected>
#include <string>

#include "hal/store/recording_reader.hpp"

namespace phalarope::program {

/// Nothing, or why the recording may not be read; asked once for each command and path.
std::expected<void, std::string> may_read(const std::string& recording);

/// How readers open it: redacted where only a permission allows it, and with the keys of `../keys` beside the
/// recording where this person may read them, so that an owner sees his own sealed content.
hal::ReaderOptions reader_options(const std::string& recording);

}  // namespace phalarope::program
