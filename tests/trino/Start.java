import io.trino.server.Server;

/** Trino's own entry: the class that its release starts is in no artefact of Maven Central. */
public final class Start
{
    public static void main(String[] args)
    {
        new Server().start(args[0]);
    }
}
