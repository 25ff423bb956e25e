// SPDX-License-Identifier: Apache-2.0
//
// Control registers of a kernel behind AXI4-Lite, laid out as Vitis lays them out, and the hand-out
// of jobs to the kernel's movers.
//
//   INPUTS, OUTPUTS  memory ports, 1 or more of each; a mover and an address each
//   CHAIN            1: ap_ctrl_chain, 0: ap_ctrl_hs
//   ADDRESS_BITS     of the AXI4-Lite address
//
//   0x00  bit 0 ap_start (a 1 written sets it, the kernel clears it), bit 1 ap_done (CHAIN: until
//         ap_continue; else cleared by reading), bit 2 ap_idle, bit 3 ap_ready (cleared by
//         reading), bit 4 ap_continue (CHAIN; a 1 written acts once, reads 0), bit 7 auto_restart
//   0x04  bit 0: interrupts on
//   0x08  enabled: bit 0 when ap_done rises, bit 1 at ap_ready
//   0x0c  what happened while enabled; a 1 written toggles the bit
//   0x10 + 12 k  address of port k (inputs first), low word; high word 4 bytes behind
//   0x10 + 12 (INPUTS + OUTPUTS)  frames
// Everything else reads as 0. Written bytes follow wstrb.
//
// A job is what the arguments say while ap_start is set. start[i] asks mover i to take it. When all
// have taken it and the inputs' movers have read it, that is ap_ready: ap_start falls (but for
// auto_restart), and arguments may be written for the next job while this one runs on. Movers take
// and finish jobs in order, each at its own pace; what the outputs' movers finish is counted, and a
// job is done when it is read and every one of them has finished its part. At most two jobs are
// read and not done, so the counts stay below 4. With CHAIN no job is done before the host has
// acknowledged the one before it by ap_continue.
module mr_control #(
    parameter INPUTS = 1,
    parameter OUTPUTS = 1,
    parameter CHAIN = 1,
    parameter ADDRESS_BITS = 16
) (
    input logic clk,
    input logic rst,
    input logic [ADDRESS_BITS-1:0] s_axi_awaddr,
    input logic s_axi_awvalid,
    output logic s_axi_awready,
    input logic [31:0] s_axi_wdata,
    input logic [3:0] s_axi_wstrb,
    input logic s_axi_wvalid,
    output logic s_axi_wready,
    output logic [1:0] s_axi_bresp,
    output logic s_axi_bvalid,
    input logic s_axi_bready,
    input logic [ADDRESS_BITS-1:0] s_axi_araddr,
    input logic s_axi_arvalid,
    output logic s_axi_arready,
    output logic [31:0] s_axi_rdata,
    output logic [1:0] s_axi_rresp,
    output logic s_axi_rvalid,
    input logic s_axi_rready,
    output logic irq,
    output logic [64*(INPUTS+OUTPUTS)-1:0] addresses,
    output logic [31:0] frames,
    output logic [INPUTS+OUTPUTS-1:0] start,
    input logic [INPUTS+OUTPUTS-1:0] start_ready,
    input logic [INPUTS+OUTPUTS-1:0] done
);
  localparam integer MOVERS = INPUTS + OUTPUTS;
  // Register words; arguments from word 4 on, three for an address of which the third is reserved.
  localparam integer WORD_BITS = ADDRESS_BITS - 2;
  localparam integer WORDS = 5 + 3 * MOVERS;

  // A write happens when its address and its data are there.
  logic [WORD_BITS-1:0] write_word;
  logic [31:0] write_data;
  logic [3:0] write_strobe;
  logic address_held;
  logic data_held;
  logic write;
  logic read;
  logic [WORD_BITS-1:0] read_word;

  assign s_axi_awready = !address_held;
  assign s_axi_wready = !data_held;
  assign s_axi_bresp = 2'b00;
  assign s_axi_rresp = 2'b00;
  assign write = address_held && data_held && !s_axi_bvalid;
  assign s_axi_arready = !s_axi_rvalid;
  assign read = s_axi_arvalid && s_axi_arready;
  assign read_word = s_axi_araddr[ADDRESS_BITS-1:2];
  wire unused = &{1'b0, s_axi_araddr[1:0], s_axi_awaddr[1:0]};
  always_ff @(posedge clk) begin
    if (s_axi_awready) write_word <= s_axi_awaddr[ADDRESS_BITS-1:2];
    if (s_axi_wready) begin
      write_data <= s_axi_wdata;
      write_strobe <= s_axi_wstrb;
    end
    if (rst) begin
      address_held <= 1'b0;
      data_held <= 1'b0;
      s_axi_bvalid <= 1'b0;
      s_axi_rvalid <= 1'b0;
    end else begin
      address_held <= (address_held || s_axi_awvalid) && !write;
      data_held <= (data_held || s_axi_wvalid) && !write;
      s_axi_bvalid <= write || (s_axi_bvalid && !s_axi_bready);
      s_axi_rvalid <= read || (s_axi_rvalid && !s_axi_rready);
    end
  end

  // Which register is written, and what all of them read as.
  logic [WORDS-1:0] writes;
  logic [32*WORDS-1:0] registers;
  logic [31:0] read_value;
  integer k;
  always_comb begin
    writes = '0;
    read_value = 32'd0;
    for (k = 0; k < WORDS; k = k + 1) begin
      if (write && write_word == k[WORD_BITS-1:0]) writes[k] = 1'b1;
      if (read_word == k[WORD_BITS-1:0]) read_value = registers[32*k+:32];
    end
  end
  always_ff @(posedge clk) if (read) s_axi_rdata <= read_value;

  // Arguments.
  genvar i;
  generate
    for (i = 4; i < WORDS; i = i + 1) begin : g_argument
      if (i == WORDS - 1 || (i - 4) % 3 != 2) begin : g_word
        logic [31:0] value;
        integer b;
        always_ff @(posedge clk) begin
          if (rst) value <= 32'd0;
          else begin
            for (b = 0; b < 4; b = b + 1)
              if (writes[i] && write_strobe[b]) value[8*b+:8] <= write_data[8*b+:8];
          end
        end
        assign registers[32*i+:32] = value;
        if (i == WORDS - 1) begin : g_frames
          assign frames = value;
        end else begin : g_address
          assign addresses[64*((i-4)/3)+32*((i-4)%3)+:32] = value;
        end
      end else begin : g_reserved
        assign registers[32*i+:32] = 32'd0;
        wire unused_write = &{1'b0, writes[i]};
      end
    end
  endgenerate

  // Jobs.
  logic ap_start;
  logic ap_done;
  logic ap_ready;
  logic auto_restart;
  logic [MOVERS-1:0] taken;  // movers that have taken the job whose start is set
  logic [MOVERS-1:0] taken_next;
  logic [INPUTS-1:0] read_over;  // inputs' movers that have read it
  logic [INPUTS-1:0] read_over_next;
  logic readies;
  logic [1:0] unfinished;  // jobs that are read and not done
  logic [OUTPUTS-1:0] finished;  // outputs' movers with finished parts of jobs that are not done
  logic finishes;
  logic control_write;
  logic control_read;

  assign control_write = writes[0] && write_strobe[0];
  assign control_read = read && read_word == '0;
  assign start = {MOVERS{ap_start && !unfinished[1]}} & ~taken;
  assign taken_next = taken | (start & start_ready);
  assign read_over_next = read_over | done[INPUTS-1:0];
  assign readies = &taken_next && &read_over_next;
  assign finishes = &finished && unfinished != 2'd0 && (CHAIN == 0 || !ap_done);
  generate
    for (i = 0; i < OUTPUTS; i = i + 1) begin : g_output
      logic [1:0] count;
      assign finished[i] = count != 2'd0;
      always_ff @(posedge clk) begin
        if (rst) count <= 2'd0;
        else if (done[INPUTS+i] != finishes) count <= done[INPUTS+i] ? count + 2'd1 : count - 2'd1;
      end
    end
  endgenerate
  always_ff @(posedge clk) begin
    if (rst) begin
      ap_start <= 1'b0;
      ap_done <= 1'b0;
      ap_ready <= 1'b0;
      auto_restart <= 1'b0;
      taken <= '0;
      read_over <= '0;
      unfinished <= 2'd0;
    end else begin
      if (readies) ap_start <= auto_restart;
      else if (control_write && write_data[0]) ap_start <= 1'b1;
      if (control_write) auto_restart <= write_data[7];
      if (finishes) ap_done <= 1'b1;
      else if (CHAIN != 0 ? control_write && write_data[4] : control_read) ap_done <= 1'b0;
      if (readies) ap_ready <= 1'b1;
      else if (control_read) ap_ready <= 1'b0;
      taken <= readies ? '0 : taken_next;
      read_over <= readies ? '0 : read_over_next;
      if (readies != finishes) unfinished <= readies ? unfinished + 2'd1 : unfinished - 2'd1;
    end
  end
  logic idle;
  assign idle = !ap_start && unfinished == 2'd0 && (CHAIN == 0 || !ap_done);

  // Interrupts.
  logic global_enable;
  logic [1:0] enabled;
  logic [1:0] happened;
  logic [1:0] toggled;
  assign irq = global_enable && |happened;
  assign toggled = writes[3] && write_strobe[0] ? write_data[1:0] : 2'b00;
  always_ff @(posedge clk) begin
    if (rst) begin
      global_enable <= 1'b0;
      enabled <= 2'b00;
      happened <= 2'b00;
    end else begin
      if (writes[1] && write_strobe[0]) global_enable <= write_data[0];
      if (writes[2] && write_strobe[0]) enabled <= write_data[1:0];
      happened <= (happened ^ toggled) | (enabled & {readies, finishes});
    end
  end

  assign registers[31:0] = {24'd0, auto_restart, 3'd0, ap_ready, idle, ap_done, ap_start};
  assign registers[63:32] = {31'd0, global_enable};
  assign registers[95:64] = {30'd0, enabled};
  assign registers[127:96] = {30'd0, happened};
endmodule
