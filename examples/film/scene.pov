// Eastern data, western computing: a river of light flows through the karst peaks of Guizhou at dawn, from one
// computing centre to the next. `clock` goes from 0 to 1, and all that moves is then back where it began, so the
// clip loops. Needs no include files and no pictures, and the same clock always gives the same frame.
#version 3.7;
global_settings { assumed_gamma 1.0 max_trace_level 4 }

#declare Turn = 2 * pi * clock;

// ---------------------------------------------------------------- the land

#declare West = -75;
#declare Width = 150;
#declare South = 0;
#declare Length = 160;
#declare Tallest = 15;

// 0 below A, 1 above B, smooth between.
#declare Ease = function(T) { T * T * (3 - 2 * T) }
#declare Step = function(A, B, V) { Ease(min(max((V - A) / (B - A), 0), 1)) }

// Where the river's middle is, at a distance z.
#declare River = function(z) { 6.0 * sin(z * 0.082 + 0.9) + 2.0 * sin(z * 0.21 + 2.2) - 0.0009 * z * z }
#declare From_river = function(x, z) { abs(x - River(z)) }

// Karst towers: one around each point of a scattered set, steep at the side and round on top. The points lie in
// space and the land is a cut through it, so towers whose point is off the cut are lower.
#declare Near_point = function { pattern { crackle form <1, 0, 0> } }
#declare Rough = function { pattern { granite } }
#declare Tower = function(x, z, Across, Cut) { Step(0.62, 0.10, Near_point(x / Across, Cut, z / Across)) }
#declare Hills = function(x, z) {
  Step(2.4, 9.0, From_river(x, z)) * (0.45 + 0.55 * Step(4, 24, From_river(x, z))) * Tower(x, z, 10.5, 0.31)
}
#declare Land = function(x, z) {
  (0.74 * Hills(x, z) + 0.26 * Step(2.4, 9.0, From_river(x, z)) * Tower(x, z, 6.0, 7.7)) * (0.85 + 0.32 * Rough(x * 0.06, 3.1, z * 0.06))
  + 0.016 * Step(1.5, 3.4, From_river(x, z))
}

height_field {
  // A function's picture runs from the top row down, the land from south to north.
  function 230, 300 { Land(West + Width * x, South + Length * (1 - y)) }
  smooth
  scale <Width, Tallest, Length>
  translate <West, 0, South>
  pigment {
    slope { y }
    color_map {
      [0.50 rgb <0.075, 0.082, 0.090>]
      [0.64 rgb <0.034, 0.062, 0.060>]
      [0.80 rgb <0.012, 0.052, 0.042>]
      [1.00 rgb <0.020, 0.058, 0.048>]
    }
  }
  normal { granite 0.28 scale <3, 6, 3> }
  finish { ambient rgb <0.35, 0.48, 0.85> * 0.5 diffuse 1 }
}

// ---------------------------------------------------------------- the river of light

#declare Beat = 8; // from one pulse to the next; in a loop each moves on to where the next one was
#declare Pulse = function(z, Shift) { pow(0.5 + 0.5 * cos(2 * pi * ((z + Shift) / Beat + clock)), 5) }
// Off is how far from the river's middle; the light is three threads that wind around each other, and their haze.
#declare Thread = function(Off, z, Wave, Shift) {
  exp(-pow((Off - 0.85 * sin(z * Wave + Shift)) / (0.055 + 0.0024 * z), 2)) * (0.28 + 0.9 * Pulse(z, Shift * 1.43))
}
#declare Light = function(Off, z) {
  0.55 * exp(-pow(Off / 1.6, 2)) * (0.50 + 0.50 * Pulse(z, 0))
  + Thread(Off, z, 0.36, 0.0) + Thread(Off, z, 0.29, 2.1) + Thread(Off, z, 0.44, 4.2)
}
#declare Shine = function(x, z) { Light(x - River(z), z) }

plane {
  y, 0.08
  pigment { rgb <0.004, 0.016, 0.030> }
  normal { bumps 0.02 scale <1.1, 1, 0.28> translate <0.22 * cos(Turn), 0, 0.22 * sin(Turn)> }
  finish { ambient 0.3 diffuse 0.2 reflection { 0.10, 0.80 fresnel on } conserve_energy }
  interior { ior 1.33 }
}

plane { // the light lies on the water: a clear sheet that only glows
  y, 0.1
  hollow no_shadow no_reflection
  pigment {
    function { min(Shine(x, z), 1) }
    color_map {
      [0.00 rgbt <0.00, 0.00, 0.00, 1.0>]
      [0.10 rgbt <0.00, 0.07, 0.20, 0.8>]
      [0.40 rgbt <0.05, 0.55, 1.05, 0.5>]
      [0.70 rgbt <0.90, 1.05, 1.10, 0.2>]
      [1.00 rgbt <2.40, 1.90, 1.10, 0.0>]
    }
  }
  finish { ambient 1 diffuse 0 }
}

// ---------------------------------------------------------------- the computing centres

#declare Centres = 5;
#declare Site = array[Centres] { 12, 25, 46, 70, 98 };
#declare Side = array[Centres] { 1, -1, 1, 1, -1 };
#declare Chance = seed(4500);

#macro Place(I) <River(Site[I]) + Side[I] * 3.9, 0.72, Site[I]> #end

#macro Hall(High) // one tower: dark walls, lit windows, a bright crown
  union {
    box {
      <-0.13, 0, -0.13>, <0.13, High, 0.13>
      pigment {
        cells
        color_map { [0.60 rgb <0.010, 0.020, 0.045>] [0.60 rgb <0.70, 0.33, 0.09> * Breath] [0.93 rgb <1.15, 0.68, 0.28> * Breath] [0.93 rgb <0.25, 0.80, 1.2>] }
        scale <0.087, 0.055, 0.087>
        translate 0.04 * x
      }
      finish { ambient 1 diffuse 0.2 }
    }
    box {
      <-0.14, High, -0.14>, <0.14, High + 0.05, 0.14>
      pigment { rgb <0.45, 1.0, 1.35> * Breath }
      finish { ambient 1 diffuse 0 }
    }
  }
#end

#for (I, 0, Centres - 1)
  // Brightest when a pulse of the river passes by.
  #local Breath = 0.80 + 0.35 * cos(2 * pi * (Site[I] / Beat + clock));
  union {
    #for (K, 0, 16)
      #local Far = 0.37 * sqrt(K);
      object { Hall((3.1 + 0.9 * rand(Chance)) * exp(-Far * 0.75)) rotate 29 * K * y translate <Far * cos(K * 2.39996), 0, Far * sin(K * 2.39996)> }
    #end
    cylinder { -0.9 * y, 0, 1.75 pigment { rgb <0.03, 0.04, 0.06> } finish { ambient 0.6 diffuse 0.5 } }
    translate Place(I)
  }
  light_source { Place(I) + <-Side[I] * 0.5, 2.2, -1.6> rgb <1.0, 0.66, 0.34> * 5 * Breath fade_distance 1.6 fade_power 2 shadowless }
  #if (I < 3) light_source { <River(Site[I] - 6), 1.6, Site[I] - 6> rgb <0.12, 0.50, 1.0> * 5 fade_distance 2.2 fade_power 2 shadowless } #end
  // Packets on their way over the hills, from the next centre to this one.
  #if (I + 1 < Centres)
    #local Packets = 20;
    #for (K, 0, Packets - 1)
      #local Way = (K + 1 - clock) / Packets;
      #local At = Place(I) * (1 - Way) + Place(I + 1) * Way + (2.2 + 9 * Way * (1 - Way)) * y;
      sphere {
        At, 0.022 + 0.0016 * At.z
        no_shadow
        pigment { rgb <1.5, 1.15, 0.65> * (0.25 + 0.75 * sin(pi * Way)) }
        finish { ambient 1 diffuse 0 }
      }
    #end
  #end
#end

// ---------------------------------------------------------------- dawn and mist

#declare Sun_x = 0.30;
#declare Sun_y = 0.085;
#declare Sun_far = sqrt(Sun_x * Sun_x + Sun_y * Sun_y + 1);
light_source { <150, 38, 105> * 100 rgb <1.0, 0.58, 0.34> * 3.4 shadowless }
light_source { <-60, 90, -40> * 100 rgb <0.25, 0.38, 0.75> * 0.8 shadowless }

sky_sphere {
  pigment {
    gradient y
    color_map {
      [0.00 rgb <0.62, 0.30, 0.17>]
      [0.07 rgb <0.42, 0.22, 0.20>]
      [0.17 rgb <0.15, 0.13, 0.24>]
      [0.34 rgb <0.030, 0.055, 0.15>]
      [0.70 rgb <0.006, 0.014, 0.055>]
    }
  }
  pigment { // the glow where the sun will be
    function { pow(max((x * Sun_x + y * Sun_y + z) / Sun_far, 0), 110) }
    color_map { [0 rgbt <1.0, 0.55, 0.22, 1>] [0.5 rgbt <1.0, 0.52, 0.22, 0.6>] [1 rgbt <1.5, 0.95, 0.48, 0.1>] }
  }
}

#for (I, 1, 110) // the last stars, away from the dawn
  sphere {
    <1.3 * rand(Chance) - 1.1, 0.18 + 0.42 * rand(Chance), 1> * 600, 0.35 + 0.9 * pow(rand(Chance), 3)
    no_shadow no_reflection
    pigment { rgb <0.75, 0.85, 1.0> * (0.35 + 0.65 * rand(Chance)) }
    finish { ambient 1 diffuse 0 }
  }
#end

fog { fog_type 2 distance 95 color rgb <0.33, 0.20, 0.19> fog_offset 1 fog_alt 6 up y }
fog { fog_type 2 distance 30 color rgb <0.17, 0.21, 0.33> fog_offset 0.3 fog_alt 0.9 up y }

// A bank of mist over the plain, thin where it meets the hills, drifting in a circle.
#declare Noise = function { pattern { bozo } }
#declare Drift_x = 0.9 * cos(Turn);
#declare Drift_z = 0.9 * sin(Turn);
plane {
  y, 2.1
  hollow no_shadow no_reflection
  pigment {
    function {
      Step(0.36, 0.72, 0.65 * Noise((x + Drift_x) * 0.13, 0.5, (z + Drift_z) * 0.19)
        + 0.35 * Noise((x + Drift_z) * 0.36, 4.5, (z + Drift_x) * 0.45))
      * Step(0.17, 0.06, Hills(x, z)) * Step(4, 22, z) * Step(150, 80, z)
    }
    color_map { [0 rgbt <0.44, 0.38, 0.45, 1>] [1 rgbt <0.50, 0.42, 0.46, 0.25>] }
  }
  finish { ambient 1 diffuse 0 }
}

// ---------------------------------------------------------------- the eye

camera {
  location <1.2 + 0.30 * cos(Turn), 7.4 + 0.10 * sin(Turn), -9>
  look_at <1.6, 4.1, 30>
  right x * image_width / image_height
  angle 60
}
