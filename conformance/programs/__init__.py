"""Random programs, run statement by statement on a backend beside torch.

Single calls are judged elsewhere; here it is what happens between calls that is looked at: views of views that are written, flags that follow
from flags, graphs that are built, cut and run backward, version counters, hooks, modules and optimizers. A program is text, 10 to 40 statements that
read as a torch program, drawn from a seed (:mod:`.drawing`, :mod:`.statements`). After each statement everything observable is
compared (:mod:`.observing`, :mod:`.comparing`); a program that differs is shrunk (:mod:`.shrinking`), and programs that differ for one cause are told
once (:mod:`.causes`). See docs/programs.md.
"""
