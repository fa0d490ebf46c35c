package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What this computer offers, and what another would. */
class DoctorCommandTest {
  @TempDir Path root;

  @Test
  void looksAtThisComputer() {
    Run run = Run.of("doctor");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .containsPattern("(?m)^Java +" + System.getProperty("java.version"))
        .containsPattern("(?m)^Engine +PyTorch 2\\.\\d+\\.\\d+, oneDNN \\d+\\.\\d+\\.\\d+, ")
        .containsPattern("(?m)^Threads +" + Engine.threads())
        .containsPattern("(?m)^auto +" + (Engine.multipliesBfloat16() ? "bfloat16" : "float32"))
        .containsPattern("(?m)^(Nothing to change\\.|To change:)$");
    assertThat(Run.of("doctor", "--engine").out()).contains("PyTorch built with:");
  }

  @Test
  void readsWhatLinuxTells() throws IOException {
    write(
        "proc/cpuinfo", "processor\t: 0\nmodel name\t: Quick 9000\nflags\t\t: fpu avx2 avx512f\n");
    write("proc/meminfo", "MemTotal:  8000000 kB\nMemFree: 1 kB\nMemAvailable:  6000000 kB\n");
    Machine machine = new Machine(root);
    assertThat(machine.processor()).contains("Quick 9000");
    assertThat(machine.features()).containsExactly("avx2", "avx512f");
    assertThat(machine.memory()).contains(new Machine.Memory(8_192_000_000L, 6_144_000_000L));

    write("sys/fs/cgroup/memory.max", "max\n");
    assertThat(machine.memory()).contains(new Machine.Memory(8_192_000_000L, 6_144_000_000L));
    write("sys/fs/cgroup/memory.max", "1000000000\n");
    assertThat(machine.memory()).contains(new Machine.Memory(1_000_000_000L, 1_000_000_000L));
  }

  @Test
  void livesWithoutWhatLinuxTells() {
    Machine machine = new Machine(root);
    assertThat(machine.processor()).isEmpty();
    assertThat(machine.features()).isEmpty();
    assertThat(machine.memory()).isEmpty();
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
