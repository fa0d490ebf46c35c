package dev.currywurst.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.data.ImageLoader;
import dev.currywurst.train.dataset.DatasetCheck.Demands;
import dev.currywurst.train.dataset.Finding.Kind;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.train.dataset.Inventory.Form;
import dev.currywurst.train.source.Columns;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.train.source.Location;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sets that are no folder of pictures are looked after as well. */
class ArchivedSetTest {
  private static final Columns OWN = new Columns(Optional.of("picture"), Optional.of("captions"));

  @TempDir Path folder;

  private Path copied(String name) throws IOException {
    URL url = Objects.requireNonNull(ArchivedSetTest.class.getResource("/sets/" + name));
    Path copy = folder.resolve(name);
    Files.copy(Path.of(URI.create(url.toString())), copy);
    return copy;
  }

  private Inventory inventory(Object source, Columns columns) {
    return Inventory.of(Location.of(source.toString(), folder.resolve("cache")), columns);
  }

  private Inventory inventory(Object source) {
    return inventory(source, Columns.USUAL);
  }

  private static Survey survey(Inventory inventory) {
    return Survey.of(inventory, ImageDecoder.DEFAULT, done -> {});
  }

  private static DatasetCheck check(Inventory inventory) {
    return DatasetCheck.of(survey(inventory), new Demands(8, CaptionLimit.byWords()));
  }

  private static byte[] thing(int height, Rgb colour) {
    return Png.encode(Image.filled(80, height, colour).placedOn(100, 100, 10, 20, Rgb.WHITE));
  }

  private static void tar(Path file, Object... namesAndContents) throws IOException {
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < namesAndContents.length; i += 2) {
        byte[] content =
            namesAndContents[i + 1] instanceof byte[] bytes
                ? bytes
                : namesAndContents[i + 1].toString().getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(namesAndContents[i].toString(), true);
        entry.setSize(content.length);
        out.putArchiveEntry(entry);
        out.write(content);
        out.closeArchiveEntry();
      }
    }
  }

  @Test
  void checksParquet() throws IOException {
    Inventory inventory = inventory(copied("hub.parquet"));
    assertThat(inventory.form()).isEqualTo(Form.ARCHIVES);
    assertThat(inventory.entries()).extracting(Entry::name).contains("row 5 4.png");
    assertThat(check(inventory).text()).isEqualTo("6 pictures, nothing to mend.");
  }

  @Test
  void tellsWhichRowHasNoCaption() throws IOException {
    DatasetCheck check = check(inventory(copied("zstd-v1.parquet"), OWN));
    assertThat(check.findings())
        .containsExactly(new Finding(Kind.CAPTION_MISSING, "row 4", "has no caption."));
  }

  @Test
  void countsTars() throws IOException {
    copied("shard-000.tar");
    copied("shard-001.tar");
    Inventory inventory = inventory(folder.resolve("shard-{000..001}.tar"));
    assertThat(inventory.entries())
        .extracting(Entry::name)
        .startsWith("shard-000.tar: part/0000.png")
        .endsWith("shard-001.tar: part/0005.png");
    DatasetStatistics statistics = DatasetStatistics.of(survey(inventory));
    assertThat(statistics.text()).contains("12x8 6", "six 6");
  }

  @Test
  void goesOnBesideABrokenArchive() throws IOException {
    copied("shard-000.tar");
    Path cut = copied("shard-001.tar");
    byte[] bytes = Files.readAllBytes(cut);
    Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));
    DatasetCheck check = check(inventory(folder.resolve("*.tar")));
    assertThat(check.pictures()).isEqualTo(3);
    assertThat(check.mustBeMended()).isTrue();
    assertThat(check.findings().get(0))
        .isEqualTo(
            new Finding(
                Kind.ARCHIVE_BROKEN,
                "shard-001.tar",
                cut + " cannot be read as a tar: it is truncated; copy it again."));
  }

  /** They would be missing in training without a word. */
  @Test
  void tellsPicturesOfOtherFormats() throws IOException {
    Path tar = folder.resolve("mixed.tar");
    tar(
        tar,
        "a.png",
        thing(20, Rgb.BLACK),
        "a.depth.tif",
        "II*",
        "a.txt",
        "a bar",
        "b.TIF",
        "II*\0",
        "b.txt",
        "a scan",
        "c.jfif",
        thing(60, Rgb.BLACK),
        "c.txt",
        "a box",
        "d.txt",
        "of nothing");
    DatasetCheck check = check(inventory(tar));
    assertThat(check.pictures()).isEqualTo(3);
    assertThat(check.findings().get(0))
        .isEqualTo(
            new Finding(
                Kind.PICTURE_UNREADABLE,
                "b.TIF",
                tar + ": b.TIF is not a picture in PNG, JPEG, GIF, BMP or WebP format."));
    assertThat(check.findings()).filteredOn(one -> one.kind().mustBeMended()).hasSize(1);
    List<CaptionedImage> images =
        Dataset.open(tar.toString(), Columns.USUAL, folder.resolve("cache")).images();
    ImageLoader lenient = new ImageLoader(ImageDecoder.DEFAULT, 1, 0.5);
    assertThat(lenient.load(images, RgbaImage::width).report().notice())
        .hasValueSatisfying(
            notice ->
                assertThat(notice).startsWith("Left out 1 of 3 pictures: " + tar + ": b.TIF"));
  }

  @Test
  void thinsOutAnArchiveIntoAFolder() throws IOException {
    Path tar = folder.resolve("things.tar");
    byte[] red = thing(20, new Rgb(200, 40, 40));
    byte[] tall = thing(60, new Rgb(40, 200, 40));
    tar(
        tar,
        "a.png",
        red,
        "a.txt",
        "a red bar",
        "sub/b.png",
        thing(20, new Rgb(40, 40, 200)),
        "sub/b.json",
        "{\"text\": [\"a blue bar\", \"blue\"], \"weight\": 3}",
        "sub/c.png",
        tall,
        "sub/c.txt",
        "something green");
    ClusterReport report =
        ClusterReport.of(
            survey(inventory(tar)), Policy.KEEP_ONE, LookMeasure.DEFAULT_THRESHOLD, List.of());
    Path once = folder.resolve("once");
    report.thinned().writeFolder(once, false);

    List<CaptionedImage> kept = ImageFolder.DEFAULT.list(once);
    assertThat(kept)
        .extracting(CaptionedImage::caption)
        .containsExactly("a red bar", "something green");
    assertThat(once.resolve("a.png")).hasBinaryContent(red);
    assertThat(once.resolve("sub/c.png")).hasBinaryContent(tall);
    assertThatThrownBy(() -> report.thinned().writeMetadata(folder.resolve("once.jsonl")))
        .hasMessage("A list cannot name pictures within %s; give a new folder as output.", tar);
  }

  @Test
  void weighsAnArchivesPicturesInAFolder() throws IOException {
    Inventory inventory = inventory(copied("none-v1.parquet"), OWN);
    ClusterReport report = ClusterReport.of(survey(inventory), Policy.WEIGHT, 2, List.of());
    Path output = folder.resolve("weighted");
    report.thinned().writeFolder(output, false);
    assertThat(Files.readAllLines(output.resolve("metadata.jsonl")))
        .hasSize(6)
        .contains("{\"file_name\":\"000003.png\",\"text\":\"first 2\",\"weight\":1.0}");
  }

  @Test
  void archivesWithOneNameDoNotMeetInOneFolder() throws IOException {
    for (String place : List.of("one", "two")) {
      Path there = Files.createDirectories(folder.resolve(place)).resolve("set.tar");
      tar(there, "a.png", thing(place.equals("one") ? 20 : 60, Rgb.BLACK), "a.txt", place);
    }
    Path output = folder.resolve("output");
    NewFolder.write(output, inventory(folder.resolve("{one,two}/set.tar")), false);
    assertThat(ImageFolder.DEFAULT.list(output))
        .extracting(CaptionedImage::caption)
        .containsExactly("one", "two");
  }

  @Test
  void captionsAnArchiveInANewFolder() throws IOException {
    Inventory inventory = inventory(copied("zstd-v1.parquet"), OWN);
    CaptionRun.Options options = new CaptionRun.Options(false, 9, 1, "file_name", "text");
    assertThatThrownBy(() -> CaptionRun.of(inventory, null, options))
        .hasMessage(
            "%s is not a folder, and captions are not written into archives: give --output DIR for"
                + " a new folder with the pictures and a metadata.jsonl.",
            inventory.source());

    Path output = folder.resolve("captioned");
    assertThat(NewFolder.holds(output, inventory)).isFalse();
    NewFolder.write(output, inventory, false);
    CaptionRun run = CaptionRun.of(Inventory.of(output), null, options);
    assertThat(run.todo()).extracting(Entry::name).containsExactly("000004.png");
    run.run(picture -> "a pattern", ImageDecoder.DEFAULT, () -> false, done -> {});
    assertThat(ImageFolder.DEFAULT.list(output))
        .extracting(CaptionedImage::caption)
        .containsExactly("first 0", "first 1", "first 2", "a pattern", "first 4", "first 5");
    assertThat(NewFolder.holds(output, inventory)).isTrue();
    Files.delete(output.resolve("000001.png"));
    assertThatThrownBy(() -> NewFolder.holds(output, inventory))
        .hasMessage(
            "%s is there already, and not a folder of these pictures; choose another name.",
            output);
  }

  /** Rows of any two Parquet files, and members of many tars, have the same names. */
  @Test
  void aFolderOfOtherPicturesIsNotTakenForThisSets() throws IOException {
    Path red = folder.resolve("red.tar");
    Path blue = folder.resolve("blue.tar");
    tar(red, "a.png", thing(20, new Rgb(200, 40, 40)), "b.png", thing(20, Rgb.BLACK));
    tar(blue, "a.png", thing(20, new Rgb(40, 40, 200)));
    Path output = folder.resolve("output");
    NewFolder.write(output, inventory(red), false);
    assertThat(NewFolder.holds(output, inventory(red))).isTrue();
    assertThatThrownBy(() -> NewFolder.holds(output, inventory(blue)))
        .hasMessageContaining("not a folder of these pictures");

    Path copy = folder.resolve("copy");
    NewFolder.write(copy, Inventory.of(output), true);
    assertThat(NewFolder.holds(copy, Inventory.of(output))).isTrue();
    Files.write(copy.resolve("b.png"), thing(60, Rgb.BLACK));
    assertThatThrownBy(() -> NewFolder.holds(copy, Inventory.of(output)))
        .hasMessageContaining("not a folder of these pictures");
  }

  @Test
  void readsTablesBesidePictures() throws IOException {
    Path set = Files.createDirectory(folder.resolve("set"));
    Files.write(set.resolve("a.png"), thing(20, Rgb.BLACK));
    Files.write(set.resolve("b.png"), thing(60, Rgb.BLACK));
    Path csv = set.resolve("metadata.csv");
    Files.writeString(csv, "file_name,text,weight\na.png,\"one, two\",2\nnone.png,c,1\n");
    Inventory inventory = inventory(set);
    assertThat(inventory.form()).isEqualTo(Form.TABLE);
    assertThat(inventory.entries().get(0).captions()).containsExactly("one, two");
    assertThat(inventory.entries().get(0).columns().get("weight").asDouble()).isEqualTo(2);
    assertThat(check(inventory).findings())
        .containsExactly(
            new Finding(
                Kind.PICTURE_MISSING, "metadata.csv", "names none.png, which is not there."),
            new Finding(Kind.UNUSED, "b.png", "is not named in metadata.csv and not used."));
    Files.writeString(csv, "name,text\na.png,c\n");
    assertThat(check(inventory(set)).findings().get(0).message())
        .isEqualTo("cannot be used: " + csv + " has no column \"file_name\", but name, text.");
  }
}
