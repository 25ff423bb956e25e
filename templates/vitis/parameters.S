/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weights/parameters.bin as data of the library of the C simulation. The assembler is told the
 * folder (-I weights).
 */
    .section .rodata
    .balign 64
    .globl millrace_parameters_begin
    .hidden millrace_parameters_begin
millrace_parameters_begin:
    .incbin "parameters.bin"
    .globl millrace_parameters_end
    .hidden millrace_parameters_end
millrace_parameters_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
