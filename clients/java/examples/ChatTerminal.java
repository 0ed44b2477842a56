// SPDX-License-Identifier: Apache-2.0
import dev.quoin.chat.v1.Message;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.client.Chat;
import dev.quoin.client.ChatListener;
import dev.quoin.client.Quoin;
import dev.quoin.client.QuoinException;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.streams.v1.Gap;
import java.util.Scanner;

/**
 * A chat in the terminal: {@code make chat NAME=ann}, and {@code NAME=bob} in another window. Close
 * one window, write in the other, open it again: what was written is there. Kill the server and
 * start it again: both windows go on.
 */
public final class ChatTerminal implements ChatListener {
  private static final String HELP =
      "/who  /last  /fix TEXT  /undo  /kick NAME  /leave  /quit - all else is sent";

  private final Chat chat;
  private final String name;
  private final String room;
  private final boolean colors = System.console() != null;
  private boolean broken;
  private long mine;

  private ChatTerminal(Chat chat, String name, String room) {
    this.chat = chat;
    this.name = name;
    this.room = room;
  }

  public static void main(String[] args) {
    String address = args.length > 0 ? args[0] : "localhost:7400";
    String name = args.length > 1 ? args[1] : System.getProperty("user.name");
    String room = args.length > 2 ? args[2] : "lobby";
    try (Quoin quoin = Quoin.connect(address)) {
      new ChatTerminal(quoin.chat(), name, room).run(new Scanner(System.in));
    }
  }

  private void run(Scanner lines) {
    enter();
    say("You are " + name + " in " + room + ". " + HELP);
    try (AutoCloseable stream = chat.subscribe(request -> request.setUser(name), this)) {
      while (lines.hasNextLine()) {
        String line = lines.nextLine().strip();
        if (line.equals("/quit")) {
          break;
        }
        if (!line.isEmpty() && !tried(line)) {
          break;
        }
      }
    } catch (Exception e) {
      say("That was it: " + e.getMessage());
    }
  }

  /** Makes the room, or joins it when somebody else has made it. */
  private void enter() {
    try {
      chat.create(request -> request.setChatId(room).setActor(name));
    } catch (QuoinException e) {
      if (e.reason() != ErrorReason.ERROR_REASON_CHAT_EXISTS) {
        throw e;
      }
      chat.join(request -> request.setChatId(room).setUser(name));
    }
  }

  private boolean tried(String line) {
    try {
      return understood(line);
    } catch (QuoinException e) {
      say("No: " + e.getMessage());
      return true;
    }
  }

  /** Does what a line says; tells whether there is more to come. */
  private boolean understood(String line) {
    String[] words = line.split(" +", 2);
    String rest = words.length > 1 ? words[1] : "";
    switch (words[0]) {
      case "/who" ->
          chat.listMembers(request -> request.setChatId(room).setActor(name))
              .getMembersList()
              .forEach(
                  member ->
                      say(
                          "%s has read up to %d"
                              .formatted(member.getUser(), member.getAcknowledgedMessageId())));
      case "/last" ->
          chat.listMessages(request -> request.setChatId(room).setActor(name).setMaxItems(10))
              .getMessagesList()
              .forEach(message -> say(text(message)));
      case "/fix" ->
          chat.edit(
              request -> request.setChatId(room).setActor(name).setMessageId(mine).setBody(rest));
      case "/undo" ->
          chat.delete(request -> request.setChatId(room).setActor(name).setMessageId(mine));
      case "/kick" -> chat.kick(request -> request.setChatId(room).setActor(name).setUser(rest));
      case "/leave" -> {
        chat.leave(request -> request.setChatId(room).setUser(name));
        return false;
      }
      case "/help" -> say(HELP);
      default ->
          mine =
              chat.send(request -> request.setChatId(room).setSender(name).setBody(line))
                  .getMessageId();
    }
    return true;
  }

  @Override
  public void event(String where, Event event) {
    if (!where.equals(room)) {
      return;
    }
    switch (event.getEventCase()) {
      case MESSAGE -> {
        say(text(event.getMessage()));
        long read = event.getMessage().getMessageId();
        chat.ack(
            request ->
                request.setUser(name).addPositionsBuilder().setChatId(room).setMessageId(read));
      }
      case MESSAGE_EDITED -> say(text(event.getMessageEdited()) + " (changed)");
      case MESSAGE_DELETED -> say(text(event.getMessageDeleted()));
      case MEMBER_JOINED -> say("* " + event.getMemberJoined().getUser() + " is here");
      case MEMBER_LEFT -> say("* " + event.getMemberLeft().getUser() + " is gone");
      default -> {}
    }
  }

  @Override
  public void gap(Gap gap) {
    say(
        "* messages %d to %d are not there any more"
            .formatted(gap.getFirstMissed(), gap.getLastMissed()));
  }

  @Override
  public void alive() {
    if (broken) {
      say("* connected again");
    }
    broken = false;
  }

  @Override
  public void broken(QuoinException failure) {
    if (!broken) {
      say("* the server is away, waiting for it");
    }
    broken = true;
  }

  private String text(Message message) {
    String body = message.hasDeleteTime() ? "(deleted)" : message.getBody();
    return message.getMessageId() + " " + colored(message.getSender()) + ": " + body;
  }

  private String colored(String who) {
    int color = 31 + Math.floorMod(who.hashCode(), 6);
    return colors ? "\u001b[1;" + color + "m" + who + "\u001b[0m" : who;
  }

  private static void say(String text) {
    System.out.println(text);
  }
}
