// Shrink what is too tall because this machine's letters are wider than expected, then begin.
(function () {
  "use strict";
  var SMALLEST = 0.9; // text of 27, in tables and captions, becomes 24
  var slides = document.querySelector(".reveal .slides");
  slides.classList.add("measuring");
  document.querySelectorAll(".reveal .body").forEach(function (body) {
    var factor = 1;
    function overflows() {
      return body.scrollHeight > body.clientHeight + 1 || body.scrollWidth > body.clientWidth + 1;
    }
    while (overflows() && factor > SMALLEST) {
      factor = Math.max(SMALLEST, factor - 0.02);
      body.style.setProperty("--factor", factor);
    }
  });
  slides.classList.remove("measuring");
  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    minScale: 0.1,
    maxScale: 4,
    center: false,
    hash: true,
    navigationMode: "linear",
    transition: "none",
    backgroundTransition: "none",
    slideNumber: "c/t",
    scrollActivationWidth: null,
    defaultTiming: 60,
    plugins: [RevealNotes],
  });
})();
