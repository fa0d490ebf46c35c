package dev.currywurst.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What this computer is, as far as it tells: Linux in {@code /proc} and {@code /sys/fs/cgroup},
 * others hardly.
 *
 * @param root where those folders are; {@code /} but in tests
 */
record Machine(Path root) {
  /** What decides how fast the networks compute, the slowest first. */
  private static final List<String> FEATURES =
      List.of(
          "avx2", "fma", "avx512f", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16", "bf16");

  private static final Pattern MEMORY = Pattern.compile("(\\w+):\\s+(\\d+) kB");

  static Machine here() {
    return new Machine(Path.of("/"));
  }

  /** Such as {@code AMD EPYC 9R14}. */
  Optional<String> processor() {
    return cpuInfo("model name");
  }

  /** The processor's features that matter here. */
  List<String> features() {
    String flags = " " + cpuInfo("flags").or(() -> cpuInfo("Features")).orElse("") + " ";
    return FEATURES.stream().filter(feature -> flags.contains(" " + feature + " ")).toList();
  }

  private Optional<String> cpuInfo(String key) {
    return lines("proc/cpuinfo").stream()
        .filter(line -> line.startsWith(key))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip());
  }

  /** Bytes of memory: in all, and free for programs. */
  Optional<Memory> memory() {
    Map<String, Long> values = new TreeMap<>();
    for (String line : lines("proc/meminfo")) {
      Matcher matcher = MEMORY.matcher(line);
      if (matcher.lookingAt()) {
        values.put(matcher.group(1), Long.parseLong(matcher.group(2)) * 1024);
      }
    }
    Long total = values.get("MemTotal");
    Long available = values.get("MemAvailable");
    if (total == null || available == null) {
      return Optional.empty();
    }
    long limit = containerLimit().orElse(Long.MAX_VALUE);
    return Optional.of(new Memory(Math.min(total, limit), Math.min(available, limit)));
  }

  record Memory(long total, long available) {}

  /** What a container may use, if there is a limit. */
  private OptionalLong containerLimit() {
    for (String file :
        List.of("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes")) {
      for (String line : lines(file)) {
        if (line.matches("\\d{1,18}")) {
          return OptionalLong.of(Long.parseLong(line));
        }
      }
    }
    return OptionalLong.empty();
  }

  /** Whether the driver of an NVIDIA GPU runs. */
  boolean hasNvidiaDriver() {
    return Files.exists(root.resolve("proc/driver/nvidia/version"));
  }

  private List<String> lines(String file) {
    try {
      return Files.readAllLines(root.resolve(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Bytes that are free where {@code folder} is, or would be made. */
  static OptionalLong free(Path folder) {
    try {
      return OptionalLong.of(Files.getFileStore(existing(folder)).getUsableSpace());
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** Whether {@code folder} can be written to, or be made. */
  static boolean isWritable(Path folder) {
    return Files.isWritable(existing(folder));
  }

  private static Path existing(Path folder) {
    Path existing = folder.toAbsolutePath();
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return existing;
  }

  /** Bytes of all files below a folder, links not followed; 0 if there is none. */
  static long size(Path folder) {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .mapToLong(file -> file.toFile().length())
          .sum();
    } catch (IOException | UncheckedIOException e) {
      return 0; // Files that go while they are counted, or that nobody may look at.
    }
  }
}
