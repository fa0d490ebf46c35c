package dev.currywurst.train.world;

import java.util.Locale;
import java.util.function.Consumer;

/** What can be seen in the world. Each thing has one colour that most of it is painted in. */
public enum Thing {
  APPLE("apple", Food::apple),
  PEAR("pear", Food::pear),
  BANANA("banana", Food::banana),
  CHERRY("cherry", "cherries", Food::cherry),
  STRAWBERRY("strawberry", "strawberries", Food::strawberry),
  MUSHROOM("mushroom", Food::mushroom),
  CAKE("cake", Food::cake),
  ICE_CREAM("ice cream", "ice creams", Food::iceCream),
  HOUSE("house", Places::house),
  CASTLE("castle", Places::castle),
  TENT("tent", Places::tent),
  TREE("tree", Places::tree),
  FLOWER("flower", Places::flower),
  CACTUS("cactus", "cactuses", Places::cactus),
  LEAF("leaf", "leaves", Places::leaf),
  CAR("car", Vehicles::car),
  BUS("bus", "buses", Vehicles::bus),
  BOAT("boat", Vehicles::boat),
  ROCKET("rocket", Vehicles::rocket),
  TRAIN("train", Vehicles::train),
  AIRPLANE("airplane", Vehicles::airplane),
  BALLOON("balloon", Vehicles::balloon),
  CAT("cat", Animals::cat),
  RABBIT("rabbit", Animals::rabbit),
  BEAR("bear", Animals::bear),
  FISH("fish", "fish", Animals::fish),
  BIRD("bird", Animals::bird),
  OWL("owl", Animals::owl),
  SNAIL("snail", Animals::snail),
  BUTTERFLY("butterfly", "butterflies", Animals::butterfly),
  TURTLE("turtle", Animals::turtle),
  ELEPHANT("elephant", Animals::elephant),
  SNAKE("snake", Animals::snake),
  CUP("cup", Household::cup),
  LAMP("lamp", Household::lamp),
  CHAIR("chair", Household::chair),
  KEY("key", Household::key),
  UMBRELLA("umbrella", Household::umbrella),
  HAT("hat", Household::hat),
  CLOCK("clock", Household::clock),
  BELL("bell", Household::bell),
  BOOK("book", Household::book),
  BALL("ball", Household::ball),
  GIFT("gift", Household::gift),
  KITE("kite", Household::kite),
  SMILING_FACE("smiling face", Shapes::smilingFace),
  SAD_FACE("sad face", Shapes::sadFace),
  STAR("star", Shapes::star),
  HEART("heart", Shapes::heart),
  CIRCLE("circle", Shapes::circle),
  SQUARE("square", Shapes::square),
  TRIANGLE("triangle", Shapes::triangle),
  RING("ring", Shapes::ring),
  MOON("moon", Shapes::moon);

  private final String word;
  private final String plural;

  @SuppressWarnings("ImmutableEnumChecker") // A static method.
  private final Consumer<Brush> drawing;

  Thing(String word, Consumer<Brush> drawing) {
    this(word, word + "s", drawing);
  }

  Thing(String word, String plural, Consumer<Brush> drawing) {
    this.word = word;
    this.plural = plural;
    this.drawing = drawing;
  }

  /** As captions spell it. */
  public String word() {
    return word;
  }

  String plural() {
    return plural;
  }

  void draw(Brush brush) {
    drawing.accept(brush);
  }

  /** "a" or "an", for a word. */
  static String article(String word) {
    return "aeiou".indexOf(word.toLowerCase(Locale.ROOT).charAt(0)) >= 0 ? "an" : "a";
  }
}
