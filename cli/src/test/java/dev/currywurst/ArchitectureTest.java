package dev.currywurst;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What ARCHITECTURE.md promises about modules and packages. This module sees all others but the
 * timings, so the rules for all of them are here.
 */
class ArchitectureTest {
  private static final int LONGEST_FILE = 500;

  /** Core's packages, in reading order. */
  private static final List<String> CORE =
      Stream.of(
              "tensor",
              "nn",
              "weights",
              "hub",
              "text",
              "image",
              "clip",
              "blip",
              "diffusion",
              "wuerstchen",
              "lora",
              "pipeline",
              "blend")
          .map(name -> "dev.currywurst." + name)
          .toList();

  private static JavaClasses all = new ClassFileImporter().importPackages();

  @BeforeAll
  static void readClasses() {
    all =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.currywurst");
    assertThat(all.size()).as("classes of all modules").isGreaterThan(200);
  }

  @Test
  void onlyTensorsAndLayersTouchTheEngine() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.currywurst.tensor", "dev.currywurst.nn")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bytedeco..")
        .because("native memory has its owners there, and another engine would be put in there")
        .check(all);
  }

  @Test
  void coreKnowsNeitherTrainingNorCommandLine() {
    noClasses()
        .that()
        .resideInAnyPackage(CORE.toArray(String[]::new))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.currywurst.train..", "dev.currywurst.cli..", "dev.currywurst.testkit..")
        .check(all);
    noClasses()
        .that()
        .resideInAPackage("dev.currywurst.train..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.currywurst.cli..", "dev.currywurst.testkit..")
        .check(all);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.currywurst.(*)..").should().beFreeOfCycles().check(all);
    slices().matching("dev.currywurst.train.(*)..").should().beFreeOfCycles().check(all);
  }

  @Test
  void corePackagesBuildOnThoseBeforeThem() {
    for (int i = 0; i < CORE.size(); i++) {
      noClasses()
          .that()
          .resideInAPackage(CORE.get(i))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(CORE.subList(i + 1, CORE.size()).toArray(String[]::new))
          .allowEmptyShould(true)
          .check(all);
    }
  }

  @Test
  void coreHasThePackagesThatItsReadersAreTold() {
    List<String> packages =
        all.stream()
            .map(type -> type.getPackageName())
            .filter(name -> !name.startsWith("dev.currywurst.train"))
            .filter(name -> !name.equals("dev.currywurst.cli"))
            .filter(name -> !name.equals("dev.currywurst.pocket"))
            .filter(name -> !name.equals("dev.currywurst.testkit"))
            .distinct()
            .toList();
    assertThat(packages).containsExactlyInAnyOrderElementsOf(CORE);
  }

  @Test
  void onlyTheCommandLinePrints() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.currywurst.cli")
        .should(ACCESS_STANDARD_STREAMS)
        .because("a library's users decide what appears on their screens; it logs")
        .check(all);
  }

  @Test
  void filesCannotChooseWhatRuns() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ObjectInputStream.class)
        .orShould()
        .callMethod(Class.class, "forName", String.class)
        .orShould()
        .callMethod(ClassLoader.class, "loadClass", String.class)
        .because("checkpoints come from strangers")
        .check(all);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Util", "Utils", "Helper", "Helpers", "Manager", "Impl"})
  void namesSayWhatAClassIs(String ending) {
    noClasses().should().haveSimpleNameEndingWith(ending).check(all);
    noClasses().should().haveSimpleNameStartingWith("Abstract").check(all);
  }

  @Test
  void everyPackageSaysWhatItIsAndMarksItsNulls() {
    List<JavaPackage> packages = all.stream().map(type -> type.getPackage()).distinct().toList();
    assertThat(packages).allMatch(p -> p.isAnnotatedWith(NullMarked.class), "is @NullMarked");
    for (Path file : sources()) {
      assertThat(file.resolveSibling("package-info.java")).exists();
    }
    for (Path file : sources()) {
      if (file.endsWith("package-info.java")) {
        assertThat(file).content().contains("/**", "@NullMarked");
      }
    }
  }

  @Test
  void filesCanBeReadInOneGo() {
    assertThat(sources()).allMatch(file -> lines(file) <= LONGEST_FILE);
  }

  private static int lines(Path file) {
    try {
      return Files.readAllLines(file).size();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** ARCHITECTURE.md promises that five files tell all of each flow, in 1,300 lines. */
  @Test
  void fiveFilesTellEachFlow() throws IOException {
    List<Path> files =
        Pattern.compile("(?m)^\\d\\. `(\\S+\\.java)`$")
            .matcher(Files.readString(Project.root().resolve("ARCHITECTURE.md")))
            .results()
            .map(match -> Project.root().resolve(match.group(1)))
            .toList();
    assertThat(files).hasSize(10).allMatch(Files::isRegularFile);
    for (List<Path> flow : List.of(files.subList(0, 5), files.subList(5, 10))) {
      assertThat(flow.stream().mapToInt(ArchitectureTest::lines).sum()).isLessThan(1300);
    }
  }

  /** All sources that are shipped. */
  private static List<Path> sources() {
    Path project = Project.root();
    return Stream.of("core", "pocket", "train", "cli", "bench", "testkit")
        .map(module -> project.resolve(module).resolve("src/main/java"))
        .filter(Files::isDirectory)
        .flatMap(ArchitectureTest::javaFiles)
        .toList();
  }

  private static Stream<Path> javaFiles(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void publicTypesAreFinalOrClosed() {
    classes()
        .that()
        .arePublic()
        .and()
        .areTopLevelClasses()
        .and()
        .areNotInterfaces()
        .and()
        .areNotEnums()
        .should()
        .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL)
        .because("there are no base classes with hooks")
        .check(all);
  }
}
