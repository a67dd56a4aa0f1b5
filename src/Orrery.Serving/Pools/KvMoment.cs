namespace Orrery.Serving;

/// <summary>When a prompt's keys and values go from the engine of prompts to that of answers.</summary>
public enum KvMoment : byte
{
    /// <summary>After the whole prompt, once the engine of answers has room: it reads them.</summary>
    After,

    /// <summary>Layer by layer while the prompt is worked on: the engine of answers has made room before.</summary>
    Layers,
}
