"""How Textual's own widgets look here: flat, quiet, the focus unmistakable."""

CSS = """
ToastRack { align: left bottom; margin: 0; max-height: 50%; overflow-y: hidden; }
ToastRack.-on-top { dock: top; align: left top; margin-top: 1; }
ToastHolder { align-horizontal: left; }
Toast {
    width: 1fr;
    max-width: 100%;
    margin: 0;
    padding: 0 1;
    background: $panel;
    color: $foreground;
    border-left: outer $primary;
}
Toast.-warning { border-left: outer $warning; }
Toast.-error { border-left: outer $error; }

Input, Input:focus {
    border: none;
    height: 1;
    padding: 0 1;
    background: $panel;
}
Input:focus { background: $cursor; }

OptionList, OptionList:focus {
    height: auto;
    max-height: 12;
    border: none;
    padding: 0;
    background: transparent;
    scrollbar-size-vertical: 1;
    text-wrap: nowrap;
    text-overflow: ellipsis;
}
OptionList > .option-list--option { padding: 0 1; text-style: none; }
OptionList > .option-list--option-highlighted {
    background: $cursor-blurred;
    color: $foreground;
    text-style: none;
}
OptionList:focus > .option-list--option-highlighted {
    background: $cursor;
    color: $foreground;
    text-style: bold;
}
OptionList:nocolor:focus > .option-list--option-highlighted { text-style: reverse; }

Button, Button.-primary, Button.-error {
    min-width: 10;
    width: auto;
    height: 1;
    border: none;
    padding: 0 2;
    background: $panel;
    color: $foreground;
    text-style: none;
}
Button.-error { color: $error; }
Button:focus, Button.-primary:focus, Button:hover {
    background: $primary;
    color: $background;
    text-style: bold;
    border: none;
}
Button.-error:focus { background: $error; color: $background; text-style: bold; }
Button:nocolor:focus { text-style: reverse; }

VerticalScroll { scrollbar-size-vertical: 1; }

CommandPalette { background: $background 50%; }
CommandPalette #--container {
    visibility: visible;
    height: auto;
    width: 76;
    max-width: 96%;
    background: $background;
    border: round $rule;
    margin: 2 0;
    max-height: 80%;
}
CommandPalette #--input { border: none; height: 1; margin: 0; }
CommandPalette #--input.--list-visible { border: none; }
CommandPalette SearchIcon { display: none; }
CommandPalette CommandInput, CommandPalette CommandInput:focus {
    padding: 0 1;
    background: $panel;
    border: none;
    height: 1;
}
CommandPalette #--results { margin: 0; overlay: none; }
CommandPalette CommandList {
    border: none;
    max-height: 24;
    padding: 0;
}
CommandPalette CommandList > .option-list--option { padding: 0 1; text-style: none; }
CommandPalette .command-palette--highlight { color: $primary; text-style: bold underline; }
"""
