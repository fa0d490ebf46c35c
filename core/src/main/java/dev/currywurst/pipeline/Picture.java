package dev.currywurst.pipeline;

/** One picture of a call: its texts and its seed. */
record Picture(String prompt, String negativePrompt, long seed) {}
