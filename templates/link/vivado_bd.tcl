# SPDX-License-Identifier: Apache-2.0
#
# Block design of the kernel beside the processing system of a Zynq-7000 or Zynq UltraScale+ device,
# to a bitstream: vivado -mode batch -source scripts/vivado_bd.tcl, after `make ip`. design.tcl
# says what is built. Results in build/: KERNEL.bit, KERNEL.hwh (for PYNQ) and KERNEL.xsa.
#
#   PS master  -> SmartConnect -> s_axi_control of each unit
#   m_axi_*    -> SmartConnect -> a memory port (HP0, ...) of the PS, one for each that is used
#   interrupt  -> concat       -> the PS's interrupts, in the order of the units
set scripts [file dirname [file normalize [info script]]]
source [file join $scripts design.tcl]
set build [file normalize [file join $scripts .. build]]

# What the two families call the same things.
switch $family {
    zynq7 {
        set ps_type xilinx.com:ip:processing_system7
        set ps_rule xilinx.com:bd_rule:processing_system7
        set ps_external [list make_external "FIXED_IO, DDR" Master Disable Slave Disable]
        set ps_settings [list \
            CONFIG.PCW_USE_M_AXI_GP0 1 \
            CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ $clock_mhz \
            CONFIG.PCW_USE_FABRIC_INTERRUPT 1 \
            CONFIG.PCW_IRQ_F2P_INTR 1]
        set ps_clock FCLK_CLK0
        set ps_reset FCLK_RESET0_N
        set ps_master M_AXI_GP0
        set ps_master_clock M_AXI_GP0_ACLK
        set ps_interrupts IRQ_F2P
        proc memory_settings {n} {
            return [list CONFIG.PCW_USE_S_AXI_HP$n 1 CONFIG.PCW_S_AXI_HP${n}_DATA_WIDTH 64]
        }
        proc memory_port {n} { return S_AXI_HP$n }
        proc memory_clock {n} { return S_AXI_HP${n}_ACLK }
    }
    zynqmp {
        set ps_type xilinx.com:ip:zynq_ultra_ps_e
        set ps_rule xilinx.com:bd_rule:zynq_ultra_ps_e
        set ps_external [list]
        set ps_settings [list \
            CONFIG.PSU__USE__M_AXI_GP0 1 \
            CONFIG.PSU__USE__M_AXI_GP1 0 \
            CONFIG.PSU__USE__M_AXI_GP2 0 \
            CONFIG.PSU__FPGA_PL0_ENABLE 1 \
            CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ $clock_mhz \
            CONFIG.PSU__USE__IRQ0 1]
        set ps_clock pl_clk0
        set ps_reset pl_resetn0
        set ps_master M_AXI_HPM0_FPD
        set ps_master_clock maxihpm0_fpd_aclk
        set ps_interrupts pl_ps_irq0
        # HP0 to HP3 are slave ports 2 to 5 in the processing system's settings.
        proc memory_settings {n} {
            set gp [expr {$n + 2}]
            return [list CONFIG.PSU__USE__S_AXI_GP$gp 1 CONFIG.PSU__SAXIGP${gp}__DATA_WIDTH 128]
        }
        proc memory_port {n} { return S_AXI_HP${n}_FPD }
        proc memory_clock {n} { return saxihp${n}_fpd_aclk }
    }
    default { error "no block design for the family $family" }
}

# The packaged kernel: from either form of the HLS tool, or from Vivado.
set ip ""
foreach folder {vitis_ip/hls/impl/ip vitis_hls_ip/solution/impl/ip ip} {
    if {[file exists [file join $build $folder component.xml]]} {
        set ip [file join $build $folder]
    }
}
if {$ip eq ""} { error "there is no packaged kernel: run `make ip` first" }

file delete -force [file join $build vivado]
create_project $kernel [file join $build vivado] -part $part
set board_parts [list]
if {$board_pattern ne ""} {
    set board_parts [get_board_parts -quiet -latest_file_version $board_pattern]
}
set preset 0
if {[llength $board_parts] > 0} {
    set_property board_part [lindex $board_parts 0] [current_project]
    set preset 1
} else {
    puts "WARNING: no board files match '$board_pattern': the processing system keeps its defaults.\
          An overlay on a running Linux does not mind; a boot image needs them."
}
set_property ip_repo_paths [list $ip] [current_project]
update_ip_catalog

create_bd_design system
set ps [create_bd_cell -type ip -vlnv $ps_type ps]
apply_bd_automation -rule $ps_rule -config [concat $ps_external [list apply_board_preset $preset]] \
    $ps
set_property -dict $ps_settings $ps

# Ports of the units by the memory port that they go to.
set masters [dict create]
foreach unit $units {
    foreach pair [lrange $unit 2 end] {
        lassign $pair port memory
        dict lappend masters $memory "[lindex $unit 0]/$port"
    }
}
foreach memory [dict keys $masters] {
    set_property -dict [memory_settings [string index $memory end]] $ps
}

set clock [get_bd_pins ps/$ps_clock]
set reset [create_bd_cell -type ip -vlnv xilinx.com:ip:proc_sys_reset reset]
connect_bd_net $clock [get_bd_pins reset/slowest_sync_clk] [get_bd_pins ps/$ps_master_clock]
connect_bd_net [get_bd_pins ps/$ps_reset] [get_bd_pins reset/ext_reset_in]
set resetn [get_bd_pins reset/peripheral_aresetn]

proc connect_clock {cell clock_pin reset_pin} {
    global clock resetn
    connect_bd_net $clock [get_bd_pins $cell/$clock_pin]
    connect_bd_net $resetn [get_bd_pins $cell/$reset_pin]
}
proc smartconnect {name slaves masters} {
    set cell [create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect $name]
    set_property -dict [list CONFIG.NUM_SI $slaves CONFIG.NUM_MI $masters] $cell
    connect_clock $name aclk aresetn
}
proc connect_ports {from to} {
    connect_bd_intf_net [get_bd_intf_pins $from] [get_bd_intf_pins $to]
}

set count [llength $units]
smartconnect control 1 $count
connect_ports ps/$ps_master control/S00_AXI
set interrupts [create_bd_cell -type ip -vlnv xilinx.com:ip:xlconcat interrupts]
set_property CONFIG.NUM_PORTS $count $interrupts
connect_bd_net [get_bd_pins interrupts/dout] [get_bd_pins ps/$ps_interrupts]

set index 0
foreach unit $units {
    set name [lindex $unit 0]
    create_bd_cell -type ip -vlnv xilinx.com:hls:$kernel $name
    connect_clock $name ap_clk ap_rst_n
    connect_ports control/[format M%02d_AXI $index] $name/s_axi_control
    connect_bd_net [get_bd_pins $name/interrupt] [get_bd_pins interrupts/In$index]
    incr index
}
dict for {memory ports} $masters {
    set n [string index $memory end]
    set name memory_[string tolower $memory]
    smartconnect $name [llength $ports] 1
    set index 0
    foreach port $ports {
        connect_ports $port $name/[format S%02d_AXI $index]
        incr index
    }
    connect_ports $name/M00_AXI ps/[memory_port $n]
    connect_bd_net $clock [get_bd_pins ps/[memory_clock $n]]
}

foreach unit $units {
    lassign $unit name base
    assign_bd_address -offset $base -range 64K -force \
        -target_address_space [get_bd_addr_spaces ps/Data] \
        [get_bd_addr_segs $name/s_axi_control/Reg]
}
assign_bd_address
validate_bd_design
save_bd_design

set design [get_files system.bd]
add_files -norecurse [make_wrapper -files $design -top]
set_property top system_wrapper [current_fileset]
launch_runs impl_1 -to_step write_bitstream -jobs 4
wait_on_run impl_1
if {[get_property PROGRESS [get_runs impl_1]] ne "100%"} { error "the implementation failed" }
set slack [get_property STATS.WNS [get_runs impl_1]]
if {$slack < 0} { puts "WARNING: the clock of $clock_mhz MHz is missed by [expr {-$slack}] ns" }

open_run impl_1
write_hw_platform -fixed -include_bit -force -file [file join $build $kernel.xsa]
set run [get_property DIRECTORY [get_runs impl_1]]
file copy -force [file join $run system_wrapper.bit] [file join $build $kernel.bit]
# Older versions keep the hardware description with the sources, newer ones with what is generated.
foreach kind {srcs gen} {
    set description [file join $build vivado $kernel.$kind sources_1 bd system hw_handoff system.hwh]
    if {[file exists $description]} {
        file copy -force $description [file join $build $kernel.hwh]
    }
}
