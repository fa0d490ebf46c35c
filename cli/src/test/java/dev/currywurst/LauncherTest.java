package dev.currywurst;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher {@code ./currywurst} in a project of empty files, with a Java and a Maven that only
 * write down what they are told.
 */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
  /** Longer than a file system's clock is coarse. */
  private static final int LATER_SECONDS = 10;

  @TempDir Path folder;
  private Path root = Path.of("");
  private Path jdk = Path.of("");
  private Path maven = Path.of("");

  @BeforeEach
  void makeAProject() throws IOException {
    root = folder.resolve("a project");
    for (String module : List.of("testkit", "core", "pocket", "train", "cli")) {
      Files.createDirectories(root.resolve(module).resolve("src/main"));
      Files.createFile(root.resolve(module).resolve("pom.xml"));
    }
    Files.createFile(root.resolve("pom.xml"));
    script(root.resolve("currywurst"), Files.readString(Project.root().resolve("currywurst")));

    jdk = folder.resolve("jdk");
    makeJdk("17.0.2");
    maven = folder.resolve("maven");
    Path jar = folder.resolve("repository/other.jar");
    Files.createDirectories(jar.getParent());
    Files.writeString(jar, "");
    script(
        maven.resolve("mvn"),
        """
        #!/bin/bash
        echo "$*" >>"%1$s/maven.log"
        sleep 0.3
        mkdir -p core/target cli/target
        echo core >core/target/currywurst-core-1.jar
        echo cli >cli/target/currywurst-cli-1.jar
        echo "$PWD/core/target/currywurst-core-1.jar:%2$s" >cli/target/classpath.txt
        """
            .formatted(folder, jar));
  }

  private void makeJdk(String version) throws IOException {
    script(
        jdk.resolve("bin/java"),
        """
        #!/bin/bash
        printf '<%s>' "$@"
        exit 42
        """);
    script(jdk.resolve("bin/javac"), "");
    Files.writeString(
        jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
  }

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private record Ended(int exitCode, String out, String err) {}

  private Process start(Path launcher, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> words = new ArrayList<>(List.of("/bin/bash", launcher.toString()));
    words.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(words).directory(folder.toFile());
    builder.environment().remove("MAVEN_ARGS");
    builder.environment().put("JAVA_HOME", jdk.toString());
    builder.environment().put("PATH", maven + ":/usr/bin:/bin");
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static Ended end(Process process) throws IOException, InterruptedException {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return new Ended(process.exitValue(), out, err);
  }

  private Ended launch(String... arguments) throws IOException, InterruptedException {
    return end(start(root.resolve("currywurst"), Map.of(), arguments));
  }

  private List<String> builds() throws IOException {
    Path log = folder.resolve("maven.log");
    return Files.exists(log) ? Files.readAllLines(log) : List.of();
  }

  @Test
  void buildsOnceAndPassesEverythingOn() throws Exception {
    Ended first = launch("generate", "two  words", "", "*", "雪 $HOME \"", "--", "-x");
    assertThat(first.exitCode()).isEqualTo(42);
    assertThat(first.err().lines()).hasSize(1).first().asString().contains("building");
    assertThat(first.out())
        .endsWith("<dev.currywurst.cli.Main><generate><two  words><><*><雪 $HOME \"><--><-x>")
        .doesNotContain("native-access")
        .containsPattern(
            "<-cp><\\S* project/cli/target/launch/\\d+-\\d+/currywurst-cli-1.jar:[^:]*/currywurst-core-1.jar:[^:]*/repository/other.jar>");
    assertThat(builds())
        .containsExactly("-B -q -Dstyle.color=never -Dmaven.test.skip=true -pl cli -am package");

    Ended second = launch("doctor");
    assertThat(second.err()).isEmpty();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void buildsAgainWhenSourcesChanged() throws Exception {
    launch();
    Path source = Files.createFile(root.resolve("core/src/main/New.java"));
    later(source);
    assertThat(launch().err()).contains("building again");
    assertThat(builds()).hasSize(2);
  }

  @Test
  void leavesTheJarsOfRunningProcessesAlone() throws Exception {
    String before = launch().out();
    later(root.resolve("pom.xml"));
    String after = launch().out();
    assertThat(after).isNotEqualTo(before);
    String jar = before.replaceAll("(?s).*<-cp><([^:]*):.*", "$1");
    assertThat(Path.of(jar)).hasContent("cli");
  }

  @Test
  void buildsAgainWhenALibraryIsGone() throws Exception {
    launch();
    Files.delete(folder.resolve("repository/other.jar"));
    launch();
    assertThat(builds()).hasSize(2);
  }

  private static void later(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(LATER_SECONDS)));
  }

  @Test
  void worksThroughLinks() throws Exception {
    Path link = Files.createDirectory(folder.resolve("bin")).resolve("cw");
    Files.createSymbolicLink(link, Path.of("..", "a project", "currywurst"));
    assertThat(end(start(link, Map.of(), "doctor")).out()).endsWith("<doctor>");
  }

  @Test
  void twoFirstStartsBuildOnce() throws Exception {
    Process one = start(root.resolve("currywurst"), Map.of(), "one");
    Process two = start(root.resolve("currywurst"), Map.of(), "two");
    assertThat(end(one).out()).endsWith("<one>");
    assertThat(end(two).out()).endsWith("<two>");
    assertThat(builds()).hasSize(1);
  }

  @Test
  void buildsWhatWasChosenUntilSomethingElseIs() throws Exception {
    launch();
    Map<String, String> cuda = Map.of("MAVEN_ARGS", "-o -Pcuda");
    end(start(root.resolve("currywurst"), cuda));
    assertThat(builds()).hasSize(2).last().asString().contains(" -o -Pcuda ");
    end(start(root.resolve("currywurst"), cuda));
    launch();
    assertThat(builds()).as("the choice holds").hasSize(2);
    later(root.resolve("pom.xml"));
    launch();
    assertThat(builds()).hasSize(3).last().asString().contains(" -Pcuda ").doesNotContain("-o");
  }

  @Test
  void newerJavasAreToldThatNativeCodeIsFine() throws Exception {
    makeJdk("25.0.1");
    assertThat(launch().out()).contains("<--enable-native-access=ALL-UNNAMED>");
  }

  @Test
  void tellsWhatIsMissing() throws Exception {
    makeJdk("11.0.2");
    expect(launch(), "is no Java of version 17 or newer");
    makeJdk("1.8.0_292");
    expect(launch(), "is no Java of version 17 or newer");
    makeJdk("17");
    Files.delete(jdk.resolve("bin/javac"));
    expect(launch(), "install a JDK");
    Files.delete(jdk.resolve("bin/java"));
    expect(launch(), "JAVA_HOME is " + jdk);
    makeJdk("21");
    Path tools = onlyBasicTools();
    expect(
        end(start(root.resolve("currywurst"), Map.of("PATH", tools.toString()))),
        "Maven is missing");
    expect(
        end(start(root.resolve("currywurst"), Map.of("PATH", tools.toString(), "JAVA_HOME", ""))),
        "Java is missing");
  }

  /** A folder with the programs that the launcher uses, and neither Java nor Maven. */
  private Path onlyBasicTools() throws IOException {
    Path tools = Files.createDirectory(folder.resolve("tools"));
    for (String tool : List.of("cat", "dirname", "find", "sed", "mkdir", "readlink", "flock")) {
      script(tools.resolve(tool), "#!/bin/bash\nPATH=/usr/bin:/bin exec " + tool + " \"$@\"\n");
    }
    return tools;
  }

  private static void expect(Ended ended, String sentence) {
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines()).as(ended.err()).hasSize(1);
    assertThat(ended.err()).startsWith("currywurst: ").contains(sentence);
  }

  @Test
  void tellsWhenTheBuildFails() throws Exception {
    script(maven.resolve("mvn"), "#!/bin/bash\necho what is wrong\nexit 1\n");
    Ended ended = launch();
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains("what is wrong", "currywurst: The build failed");
    assertThat(launch().err()).as("tried again").contains("what is wrong");
  }
}
