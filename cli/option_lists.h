// The options of each command, as its help shows them.
#ifndef SPYHOP_CLI_OPTION_LISTS_H_
#define SPYHOP_CLI_OPTION_LISTS_H_

#include "cli/option_parser.h"

namespace spyhop {

OptionList AttachOptionList();
OptionList RunOptionList();
OptionList ReportOptionList();
OptionList DiffOptionList();
OptionList SnapshotOptionList();
OptionList TopOptionList();
OptionList CtlOptionList();
OptionList ListOptionList();
OptionList DoctorOptionList();
OptionList DaemonOptionList();
OptionList HelpOptionList();  // of the commands which have no others

}  // namespace spyhop

#endif  // SPYHOP_CLI_OPTION_LISTS_H_
